internal import ArgumentParser
internal import KCMAudit
internal import KCMCrypto

/// `kcmctl audit`
struct Audit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Verifies and shows audit logs, offline.", subcommands: [Verify.self, Show.self])

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Checks that nothing in a log was edited, removed, inserted, reordered or cut off.",
            discussion: "Several files of one log are given oldest first. Exit code 0: intact; 1: not."
        )

        @Argument(help: "The log's files.") var logs: [String]
        @Option(help: "The daemon's public audit key, PEM.") var key: String
        @Option(help: "The sequence number that the log must have reached.") var expect: UInt64?
        @Flag(help: "Print one JSON object.") var json = false

        func run() async throws {
            let report: AuditReport
            do {
                report = try AuditVerifier(key: try VerifyingKey(pemFile: key)).verify(files: logs, expectedSequence: expect)
            } catch { throw ended(2, "\(error)") }
            let items = report.counts[.item] ?? 0
            if json {
                var fields: [(String, JSONText)] = [
                    ("intact", .bool(report.isIntact)), ("lines", .number(Int64(report.lines))), ("items", .number(Int64(items))),
                    ("ends_in_close", .bool(report.endsInClose)),
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
            }
            if !report.isIntact { throw ExitCode(1) }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Prints the records of logs, in the order of their time.",
            discussion: "A change that a crash left without a result stands as OperationPending: it may have been made."
        )

        @Argument(help: "Logs, of one daemon or of several.") var logs: [String]
        @Option(help: "Only the records of this trace.") var trace: String?
        @Option(help: "Only the last records, so many.") var last: Int?
        @Flag(help: "Print the lines as they are: JSON.") var json = false

        func run() async throws {
            var records: [(time: String, line: String)] = []
            for log in logs {
                let bytes: [UInt8]
                do { bytes = try Files.read(log) } catch { throw ended(2, "\(error)") }
                for line in bytes.split(separator: UInt8(ascii: "\n")) {
                    let text = String(decoding: line, as: UTF8.self)
                    guard text.contains("\"kind\":\"item\"") || text.contains("\"kind\":\"intent\""), trace.map({ text.contains("\"trace\":\"\($0)\"") }) ?? true else { continue }
                    records.append((Self.field("time", of: text), text))
                }
            }
            // What was about to be done says nothing more once it is said what came of it.
            func key(_ line: String) -> String { Self.field("trace", of: line) + Self.field("operation", of: line) }
            let done = Set(records.filter { $0.line.contains("\"kind\":\"item\"") }.map { key($0.line) })
            records.removeAll { $0.line.contains("\"kind\":\"intent\"") && done.contains(key($0.line)) }
            records.sort { $0.time < $1.time }
            for record in records.suffix(last ?? records.count) {
                if json {
                    Output.say(record.line)
                    continue
                }
                func field(_ name: String) -> String { Self.field(name, of: record.line) }
                let who = [field("tenant"), field("service")].filter { !$0.isEmpty }.joined(separator: "/")
                let result = [field("status"), field("reason")].filter { !$0.isEmpty }.joined(separator: " ")
                let by = field("served_by") == "core" ? " by Core" : ""
                Output.say("\(record.time)  \(field("node"))  \(who.isEmpty ? "-" : who)  \(field("operation")) \(field("object"))  \(result)\(by)  [\(field("rule"))]")
            }
        }

        /// The first text value of a name in a line of the log. The log is the daemon's own writing, one object a line.
        private static func field(_ name: String, of line: String) -> String {
            guard let start = line.firstRange(of: "\"\(name)\":\"") else { return "" }
            var value = ""
            var isEscaped = false
            for character in line[start.upperBound...] {
                if isEscaped {
                    value.append(character)
                    isEscaped = false
                } else if character == "\\" { isEscaped = true } else if character == "\"" { return value } else { value.append(character) }
            }
            return value
        }
    }
}
