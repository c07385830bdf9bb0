internal import ArgumentParser
internal import KCMCrypto
internal import KCMPluginHost
internal import KCMSettings
internal import KCMStore

extension Keystore {
    /// `kcmctl keystore stat`
    struct Stat: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows what a keystore holds: plugin, format, tenants, records and bytes.",
            discussion:
                "A record is one entry of the store; an object is made of several. Bytes are those of keys and values; medium is what the plugin says it takes."
        )

        @Argument(help: "The daemon's configuration.") var config: String
        @Flag(help: "Print one JSON object.") var json = false

        func run() async throws {
            try await Keystore.with(config, environment: ProcessEnvironment.variables()) { store in
                let format = try await StoreFormat.read(store)
                let unfinished = try await StoreFormat.copySource(of: store)
                let statistics = try await store.statistics()
                var rows: [(name: String, summary: StoreSummary)] = []
                let line = ProgressLine()
                for namespace in try await store.namespaces() where namespace != StoreFormat.namespace {
                    let summary = try await StoreWalk.summary(of: namespace, in: store) { line.show("\(namespace.name): \($0) records") }
                    rows.append((namespace.name, summary))
                }
                line.clear()
                if json { return Output.say(Self.json(store.info, format, unfinished, statistics, rows).text) }
                Output.say("plugin   \(store.info.name) \(store.info.version)\(store.info.isDurable ? "" : " (not durable)")")
                Output.say("file     \(store.info.file)")
                Output.say("format   \(format.map(String.init) ?? "none: never used by a daemon")")
                if let unfinished { Output.say("unfinished copy of \(unfinished)") }
                Output.say("medium   \(statistics.bytes) bytes")
                Output.say("tenants  \(rows.count)")
                for row in rows {
                    Output.say(
                        "    \(row.name)  \(row.summary.entries) records  \(row.summary.bytes) bytes  sha256 \(Hexadecimal.text(row.summary.digest))")
                }
            }
        }

        private static func json(
            _ info: PluginInfo,
            _ format: Int?,
            _ unfinished: String?,
            _ statistics: StoreStatistics,
            _ rows: [(name: String, summary: StoreSummary)]
        ) -> JSONText {
            let tenants = rows.map { row in
                JSONText.object([
                    ("tenant", .string(row.name)), ("records", .number(Int64(row.summary.entries))), ("bytes", .number(Int64(row.summary.bytes))),
                    ("sha256", .string(Hexadecimal.text(row.summary.digest))),
                ])
            }
            return .object([
                ("plugin", .string(info.name)), ("version", .string(info.version)), ("file", .string(info.file)), ("durable", .bool(info.isDurable)),
                ("format", .number(Int64(format ?? 0))),
                ("unfinished_copy_of", .string(unfinished ?? "")), ("medium_bytes", .number(Int64(clamping: statistics.bytes))),
                ("tenants", .array(tenants)),
            ])
        }
    }
}
