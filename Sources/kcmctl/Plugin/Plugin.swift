internal import ArgumentParser
internal import KCMPluginHost

/// `kcmctl plugin`
struct Plugin: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Looks at keystore and root-of-trust plugins.",
        subcommands: [List.self, Check.self, Bench.self, Child.self]
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the plugins that a daemon on this host would find, broken ones with the reason."
        )

        @Flag(help: "Print one JSON array.") var json = false

        func run() async throws {
            let searchPath = PluginSearchPath.standard()
            var rows: [JSONText] = []
            for file in searchPath.files() {
                do throws(PluginError) {
                    let info = try PluginLibrary.load(file, searchPath: searchPath).info
                    let kinds = (info.isStore ? ["store"] : []) + (info.isRootOfTrust ? ["root"] : [])
                    rows.append(
                        .object([
                            ("name", .string(info.name)), ("version", .string(info.version)), ("vendor", .string(info.vendor)),
                            ("kinds", .array(kinds.map { .string($0) })), ("abi", .string(info.abi)),
                            ("thread_model", .string(info.threadModel.rawValue)), ("durable", .bool(info.isDurable)),
                            ("description", .string(info.summary)), ("file", .string(file)),
                        ])
                    )
                    if !json {
                        Output.say(
                            "\(info.name) \(info.version)  \(kinds.joined(separator: "+"))  abi \(info.abi)  \(info.threadModel.rawValue)\(info.isDurable ? "  durable" : "")"
                        )
                        Output.say("    \(info.summary)\n    \(file)")
                    }
                } catch {
                    rows.append(.object([("file", .string(file)), ("error", .string("\(error)"))]))
                    if !json { Output.say("\(error)") }
                }
            }
            if json { Output.say(JSONText.array(rows).text) }
            guard !rows.isEmpty else { throw ended(1, "there are no plugins in \(searchPath.folders.joined(separator: ", "))") }
        }
    }
}
