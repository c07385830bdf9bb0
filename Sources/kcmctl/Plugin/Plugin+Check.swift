internal import ArgumentParser
internal import Glibc
internal import KCMPluginKit

extension Plugin {
    /// `kcmctl plugin check`
    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Checks a plugin against the plugin contract.",
            discussion: """
                Each check runs in a process of its own, so that a plugin that crashes or hangs fails a check and not the kit. {dir} in a \
                setting stands for a fresh folder for each check, {id} for a word that is different for each: \
                --settings path={dir}/store. Without them all checks share one medium, each in namespaces of its own, which it empties. \
                Exit code 1 where a check failed.
                """
        )

        @Argument(help: "The plugin's name, or the path of its library.") var library: String?
        @OptionGroup var given: PluginSettings
        @Option(
            name: .customLong("root-settings"), parsing: .upToNextOption,
            help: ArgumentHelp("Settings of the root of trust, where the plugin is a store as well and takes others.", valueName: "key=value")
        )
        var rootLines: [String] = []
        @Option(parsing: .upToNextOption, help: "Only these checks: names, or beginnings of names up to a dot.") var only: [String] = []
        @Option(parsing: .upToNextOption, help: "Without these checks.") var skip: [String] = []
        @Option(help: "Kills in the crash loop.") var rounds = 200
        @Flag(help: "Leave folders and namespaces as the checks left them.") var keep = false
        @Flag(help: "List the checks and end.") var list = false
        @Flag(help: "Print one JSON object.") var json = false

        func validate() throws {
            guard list || library != nil else { throw ValidationError("the plugin is missing: a name or the path of a library") }
            guard (1...1_000_000).contains(rounds) else { throw ValidationError("--rounds is between 1 and 1000000") }
        }

        func run() async throws {
            var options = KitOptions(plugin: library ?? "", settings: try given.settings())
            (options.only, options.skip, options.rounds, options.keep) = (only, skip, rounds, keep)
            if !rootLines.isEmpty { options.rootSettings = try PluginSettings.settings(rootLines) }
            let kit = Kit(options, program: Child.program)
            do {
                if list { return try show(kit.checks()) }
                let bar = ProgressLine()
                let report = try kit.run { event in
                    switch event {
                    case .started(let check, let index, let count): bar.show(check, Double(index) / Double(count))
                    case .progress(let check, let index, let count, let part): bar.show(check, (Double(index) + part) / Double(count))
                    case .ended(let outcome):
                        bar.clear()
                        if !json { say(outcome) }
                    }
                }
                say(report)
                if !report.isConforming { throw ExitCode(1) }
            } catch let failure as Kit.Failure { throw ended(2, failure.description) }
        }

        private func show(_ checks: [KCMPluginKit.Check]) {
            if json {
                let rows = checks.map {
                    JSONText.object([("check", .string($0.name)), ("subject", .string($0.subject.rawValue)), ("expects", .string($0.summary))])
                }
                return Output.say(JSONText.array(rows).text)
            }
            let width = checks.map(\.name.count).max() ?? 0
            for check in checks {
                Output.say("\(Self.padded(check.name, width))  \(check.summary)\(check.needsDurable ? " (with KCM_CAP_DURABLE)" : "")")
            }
        }

        private func say(_ outcome: Outcome) {
            let word = outcome.result == .fail ? "FAIL" : outcome.result.rawValue
            let line = "\(Self.padded(word, 7))  \(Self.padded(outcome.check, 28))"
            switch outcome.result {
            case .pass: Output.say(outcome.reason.map { "\(line)  \($0)" } ?? line.trimmed)
            case .skipped: Output.say("\(line)  \(outcome.reason ?? "")")
            case .fail: Output.say("\(line)  \(outcome.summary)\n         \(outcome.reason ?? "")")
            }
        }

        private func say(_ report: KitReport) {
            let plugin = report.plugin
            if json {
                let rows = report.outcomes.map { outcome in
                    JSONText.object(
                        [("check", .string(outcome.check)), ("result", .string(outcome.result.rawValue))]
                            + (outcome.reason.map { [("reason", .string($0))] } ?? []) + [("milliseconds", .number(Int64(outcome.milliseconds)))]
                    )
                }
                let fields: [(String, JSONText)] = [
                    ("plugin", .string(plugin.name)), ("version", .string(plugin.version)), ("file", .string(plugin.file)),
                    ("abi", .string(plugin.abi)),
                    ("thread_model", .string(plugin.threadModel)), ("durable", .bool(plugin.isDurable)), ("conforming", .bool(report.isConforming)),
                    ("passed", .number(Int64(report.count(.pass)))), ("failed", .number(Int64(report.count(.fail)))),
                    ("skipped", .number(Int64(report.count(.skipped)))), ("checks", .array(rows)),
                ]
                return Output.say(JSONText.object(fields).text)
            }
            let name = plugin.name.isEmpty ? plugin.file : "\(plugin.name) \(plugin.version) (abi \(plugin.abi), \(plugin.threadModel))"
            Output.say("\(name): \(report.count(.pass)) passed, \(report.count(.fail)) failed, \(report.count(.skipped)) skipped")
            if !report.hasFreshMedia { Output.hint("no setting holds {dir} or {id}: all checks shared one medium") }
            if let folder = report.folder { Output.say("kept: \(folder)") }
        }

        private static func padded(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(width - text.count, 0)) }
    }
}

/// `--settings` of the commands that open a plugin.
struct PluginSettings: ParsableArguments {
    @Option(name: .customLong("settings"), parsing: .upToNextOption, help: ArgumentHelp("The plugin's settings.", valueName: "key=value"))
    var lines: [String] = []

    /// - Throws: `ValidationError` for a line that is none.
    func settings() throws -> [KitOptions.Setting] { try Self.settings(lines) }

    static func settings(_ lines: [String]) throws -> [KitOptions.Setting] {
        try lines.map { line in
            guard let setting = KitOptions.Setting(line) else { throw ValidationError("'\(line)' is no setting: it is written key=value") }
            return setting
        }
    }
}

extension String {
    /// Without spaces at the end.
    fileprivate var trimmed: String {
        var text = self[...]
        while text.last == " " { text = text.dropLast() }
        return String(text)
    }
}
