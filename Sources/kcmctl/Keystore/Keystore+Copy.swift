internal import ArgumentParser
internal import KCMCrypto
internal import KCMPluginHost
internal import KCMStore

extension Keystore {
    /// `kcmctl keystore copy`
    struct Copy: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Copies every tenant's records from one keystore to another and checks number and digest on both sides.",
            discussion: """
                Goes on where an interrupted copy stopped when called again with the same files. Until it has passed its check, the target is \
                marked as unfinished and no daemon starts on it. Variables KCM_… do not count here: they would mean both files.
                """
        )

        @Option(help: ArgumentHelp("The configuration whose keystore is read.", valueName: "config")) var from: String
        @Option(help: ArgumentHelp("The configuration whose keystore is filled; it has to be empty.", valueName: "config")) var to: String
        @Flag(help: "Print one JSON object.") var json = false

        func run() async throws {
            try await Keystore.with(from, environment: [:]) { source in
                try await Keystore.with(to, environment: [:]) { target in
                    let line = ProgressLine()
                    let copy = StoreCopy(from: source, named: "\(source.info.name) of \(from)", to: target) { progress in
                        line.show("\(progress.step.rawValue) \(progress.namespace.name): \(progress.entries) records")
                    }
                    let copied: [StoreCopy<PluginStore, PluginStore>.Copied]
                    do { copied = try await copy.run() } catch {
                        line.clear()
                        throw ended(1, "copy from \(from) to \(to): \(error)")
                    }
                    line.clear()
                    if json {
                        let rows = copied.map { one in
                            JSONText.object([
                                ("tenant", .string(one.namespace.name)), ("records", .number(Int64(one.summary.entries))),
                                ("bytes", .number(Int64(one.summary.bytes))), ("written", .number(Int64(one.written))),
                                ("sha256", .string(Hexadecimal.text(one.summary.digest))),
                            ])
                        }
                        return Output.say(
                            JSONText.object([
                                ("from", .string(source.info.name)), ("to", .string(target.info.name)), ("tenants", .array(rows)),
                            ]).text
                        )
                    }
                    for one in copied {
                        Output.say(
                            "\(one.namespace.name)  \(one.summary.entries) records  \(one.summary.bytes) bytes  sha256 \(Hexadecimal.text(one.summary.digest))  same on both sides"
                        )
                    }
                    Output.say("copied \(copied.count) tenants from \(source.info.name) to \(target.info.name)")
                }
            }
        }
    }
}
