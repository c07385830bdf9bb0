internal import ArgumentParser
internal import KCMAudit
internal import KCMCrypto

extension Audit {
    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Checks that nothing in a log was edited, removed, inserted, reordered or cut off.",
            discussion: "Several files of one log may come in any order. One --key: the log's first key, whose changes are followed; several: no "
                + "other key is accepted. Exit code 0: intact; 1: not."
        )

        @Argument(help: "The log's files.") var logs: [String]
        @Option(help: "The daemon's public audit key, PEM; may be given several times.") var key: [String]
        @Option(help: "The sequence number that the log must have reached.") var expect: UInt64?
        @Flag(help: "Print one JSON object.") var json = false

        func validate() throws {
            if key.isEmpty { throw ValidationError("--key is missing") }
        }

        func run() async throws {
            let report: AuditReport
            do {
                report = try AuditVerifier(keys: try key.map { try VerifyingKey(pemFile: $0) }).verify(files: logs, expectedSequence: expect)
            } catch { throw ended(2, "\(error)") }
            let items = report.counts[.item] ?? 0
            if json {
                var fields: [(String, JSONText)] = [
                    ("intact", .bool(report.isIntact)), ("lines", .number(Int64(report.lines))), ("items", .number(Int64(items))),
                    ("ends_in_close", .bool(report.endsInClose)), ("continues_earlier_file", .bool(report.continuesEarlierFile)),
                    ("changes_without_result", .number(Int64(report.changesWithoutResult))),
                    ("key_changes", .number(Int64(report.keyChanges.count))),
                ]
                if let last = report.lastSequence { fields.append(("last_sequence", .number(Int64(clamping: last)))) }
                let findings = report.findings.map { finding in
                    JSONText.object([
                        ("kind", .string(finding.kind.description)), ("file", .string(finding.file)), ("line", .number(Int64(finding.line))),
                        ("message", .string(finding.message)),
                    ])
                }
                fields.append(("findings", .array(findings)))
                Output.say(JSONText.object(fields).text)
            } else {
                for finding in report.findings { Output.say("\(finding)") }
                if report.furtherFindings > 0 { Output.say("and \(report.furtherFindings) more") }
                let end = report.endsInClose ? "closed in good order" : "not closed: the daemon runs, or was killed"
                Output.say(
                    report.isIntact
                        ? "intact: \(items) records in \(report.lines) lines, up to sequence \(report.lastSequence ?? 0); \(end)"
                        : "NOT intact"
                )
                if report.continuesEarlierFile { Output.say("it continues an earlier file, which is not among those given") }
                for change in report.keyChanges { Output.say("from sequence \(change.sequence) on the key is \(change.fingerprint)") }
                if report.changesWithoutResult > 0 {
                    Output.say(
                        "\(report.changesWithoutResult) changes without a result: under way, or cut short by a crash; `kcmctl audit show` lists them")
                }
            }
            if !report.isIntact { throw ExitCode(1) }
        }
    }
}
