internal import ArgumentParser
internal import KCMPluginKit

extension Plugin {
    /// `kcmctl plugin bench`
    struct Bench: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Measures a store plugin as it fills.",
            discussion: """
                One thread calls the plugin directly. put replaces one record a call; grouped put commits groups of batches of one write; get reads \
                random records; scan reads pages of 1,000. Keys are 32 random bytes. {dir} in a setting stands for a fresh folder.
                """
        )

        @Argument(help: "The plugin's name, or the path of its library.") var library: String
        @OptionGroup var given: PluginSettings
        @Option(help: "Numbers of records at which to measure, separated by commas.") var records = "1000,100000"
        @Option(help: "Bytes of a value.") var value = 1024
        @Option(help: "Batches of a group.") var group = 64
        @Option(help: "How long each measurement takes, in seconds.") var seconds = 2.0
        @Flag(help: "Leave the store as it is.") var keep = false
        @Flag(help: "Print one JSON object.") var json = false

        func validate() throws {
            guard (1...1 << 26).contains(value) else { throw ValidationError("--value is between 1 and 67108864") }
            guard (1...4096).contains(group) else { throw ValidationError("--group is between 1 and 4096") }
            guard (0.01...3600).contains(seconds) else { throw ValidationError("--seconds is between 0.01 and 3600") }
            _ = try counts()
        }

        private func counts() throws -> [Int] {
            try records.split(separator: ",").map { word in
                guard let count = Int(word), (1...1_000_000_000).contains(count) else {
                    throw ValidationError("--records are numbers from 1 to 1000000000")
                }
                return count
            }
        }

        func run() async throws {
            var options = PluginBench.Options(plugin: library, settings: try given.settings())
            (options.records, options.value, options.group, options.seconds, options.keep) = (try counts(), value, group, seconds, keep)
            let bar = ProgressLine()
            var rows: [PluginBench.Row] = []
            do {
                let bench = try PluginBench(options)
                if !json {
                    Output.say(
                        "\(bench.plugin), values of \(value) bytes\n   records       put/s  grouped/s       get/s   scan entries/s  bytes a record")
                }
                try bench.run(progress: { bar.show($0, $1) }) { row in
                    bar.clear()
                    rows.append(row)
                    if !json { Output.say(line(row)) }
                }
                if json {
                    let fields: [(String, JSONText)] = [
                        ("plugin", .string(bench.plugin)), ("value", .number(Int64(value))), ("group", .number(Int64(group))),
                        ("results", .array(rows.map(object))),
                    ]
                    Output.say(JSONText.object(fields).text)
                }
            } catch let failure as PluginBench.Failure {
                bar.clear()
                throw ended(1, failure.description)
            }
        }

        private func line(_ row: PluginBench.Row) -> String {
            func right(_ text: String, _ width: Int) -> String { String(repeating: " ", count: max(width - text.count, 0)) + text }
            return right(String(row.records), 10) + right(Decimal.text(row.put, digits: 0), 12) + right(Decimal.text(row.putGrouped, digits: 0), 11)
                + right(Decimal.text(row.get, digits: 0), 12) + right(Decimal.text(row.scan, digits: 0), 17)
                + right(row.bytesPerRecord > 0 ? Decimal.text(row.bytesPerRecord, digits: 0) : "-", 16)
        }

        private func object(_ row: PluginBench.Row) -> JSONText {
            .object([
                ("records", .number(Int64(row.records))), ("put_per_second", .decimal(row.put)), ("grouped_put_per_second", .decimal(row.putGrouped)),
                ("get_per_second", .decimal(row.get)), ("scan_entries_per_second", .decimal(row.scan)),
                ("bytes_per_record", .decimal(row.bytesPerRecord)),
            ])
        }
    }
}
