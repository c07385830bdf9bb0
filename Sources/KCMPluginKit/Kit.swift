internal import Glibc

/// The conformance kit: runs each check against a plugin in a process of its own and collects the outcomes.
package struct Kit {
    /// Why nothing could be run.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// What is going on, for a person who waits.
    package enum Event {
        case started(check: String, index: Int, count: Int)
        /// From 0 to 1, of a long check.
        case progress(check: String, index: Int, count: Int, part: Double)
        case ended(Outcome)
    }

    private let options: KitOptions
    private let program: [String]

    /// - Parameter program: starts this program as a child: a path and arguments that lead to ``KitChild/main(program:arguments:)``.
    package init(_ options: KitOptions, program: [String]) {
        self.options = options
        self.program = program
    }

    /// The checks that the options choose.
    /// - Throws: ``Failure`` for a pattern that chooses none.
    package func checks() throws -> [Check] {
        for pattern in options.only + options.skip where !CheckTable.all.contains(where: { CheckTable.matches($0, pattern) }) {
            throw Failure(description: "there is no check '\(pattern)'; --list shows them")
        }
        return CheckTable.all.filter { check in
            (options.only.isEmpty || options.only.contains { CheckTable.matches(check, $0) })
                && !options.skip.contains { CheckTable.matches(check, $0) }
        }
    }

    /// Runs the checks one after another.
    /// - Throws: ``Failure`` where the kit itself cannot work.
    package func run(_ report: (Event) -> Void) throws -> KitReport {
        let chosen = try checks()
        let root: String
        do { root = try Folders.make() } catch let failure as Folders.Failure { throw Failure(description: failure.reason) }
        defer { if !options.keep { Folders.remove(root) } }

        // Loading comes first, whatever is chosen: it says what the plugin is.
        var plugin = KitReport.Plugin(file: options.plugin)
        var outcomes: [Outcome] = []
        let loading = PluginChecks.loading
        let loaded = run(loading, library: options.plugin, root: root, index: 0, info: &plugin) { _ in }
        // What the plugin is not, nobody wants to read about.
        let concerned = chosen.filter { loaded.result != .pass || plugin.isConcerned($0) }
        guard !concerned.isEmpty else { throw Failure(description: "the checks chosen do not concern this plugin") }
        for (index, check) in concerned.enumerated() {
            report(.started(check: check.name, index: index, count: concerned.count))
            let outcome: Outcome
            if check.name == loading.name {
                outcome = loaded
            } else if loaded.result != .pass {
                outcome = Outcome(check: check.name, summary: check.summary, result: .skipped, reason: "the library does not load", milliseconds: 0)
            } else if let reason = plugin.reasonToSkip(check) {
                outcome = Outcome(check: check.name, summary: check.summary, result: .skipped, reason: reason, milliseconds: 0)
            } else {
                outcome = run(check, library: plugin.file, root: root, index: index + 1, info: &plugin) { part in
                    report(.progress(check: check.name, index: index, count: concerned.count, part: part))
                }
            }
            outcomes.append(outcome)
            report(.ended(outcome))
        }
        return KitReport(plugin: plugin, outcomes: outcomes, hasFreshMedia: options.hasFreshMedia, folder: options.keep ? root : nil)
    }

    /// Runs one check in a child.
    private func run(_ check: Check, library: String, root: String, index: Int, info: inout KitReport.Plugin, progress: (Double) -> Void) -> Outcome {
        let start = ContinuousClock.now
        func outcome(_ result: Outcome.Result, _ reason: String?) -> Outcome {
            let time = (ContinuousClock.now - start).components
            let milliseconds = Int(time.seconds * 1000 + time.attoseconds / 1_000_000_000_000_000)
            return Outcome(check: check.name, summary: check.summary, result: result, reason: reason, milliseconds: milliseconds)
        }
        let folder = "\(root)/\(check.name)"
        let token = "\(String(getpid(), radix: 36))\(String(UInt32.random(in: 0..<46_656), radix: 36))\(index)"
        let settings = options.settings(for: check.subject).map { setting in
            KitOptions.Setting(key: setting.key, value: setting.value.replacing("{dir}", with: folder).replacing("{id}", with: token))
        }
        let command = ChildCommand(
            program: program, library: library, check: check.name, folder: folder, token: token, rounds: options.rounds,
            sharesMedium: !options.hasFreshMedia, settings: settings
        )
        let child: ChildProcess
        do {
            try Folders.make(folder)
            child = try ChildProcess(command.line, output: "\(root)/\(check.name).output")
        } catch { return outcome(.skipped, "the kit cannot run it: \(error)") }
        // A long check says that it lives; its time is counted from there.
        var deadline = start + .seconds(check.seconds)
        while let line = child.line(before: deadline) {
            let (word, text) = Self.split(line)
            switch word {
            case "":
                child.kill()
                child.wait()
                return outcome(.fail, "did not return within \(check.seconds) s")
            case "progress":
                progress((Double(text) ?? 0) / 1000)
                deadline = .now + .seconds(check.seconds)
            case "info": info.read(text)
            case "pass", "fail", "skipped":
                child.wait()
                if !options.keep { Folders.remove(folder) }
                return outcome(word == "pass" ? .pass : word == "fail" ? .fail : .skipped, text.isEmpty ? nil : text)
            default: break
            }
        }
        let end: String
        switch child.wait() {
        case .signalled(let signal): end = "the process was ended by signal \(signal) (\(String(cString: strsignal(signal))))"
        case .exited(let code): end = "the process ended with code \(code) in the middle of the check"
        }
        let words = Self.lastLine("\(root)/\(check.name).output")
        return outcome(.fail, words.isEmpty ? end : "\(end); its last words: \(words)")
    }

    static func split(_ line: String) -> (word: String, text: String) {
        guard let space = line.firstIndex(of: " ") else { return (line, "") }
        return (String(line[..<space]), String(line[line.index(after: space)...]))
    }

    private static func lastLine(_ path: String) -> String {
        guard let file = fopen(path, "r") else { return "" }
        defer { fclose(file) }
        fseek(file, -1024, SEEK_END)
        var buffer = [UInt8](repeating: 0, count: 1024)
        let count = fread(&buffer, 1, buffer.count, file)
        return String(decoding: buffer[..<count], as: UTF8.self).split(whereSeparator: \.isNewline).last.map(String.init) ?? ""
    }
}
