internal import Glibc
internal import KCMPluginHost

/// Memory, by valgrind: a small C program exercises the plugin, since a whole kit would take a hundred times as long.
enum MemoryChecks {
    static func all(_ subject: Check.Subject) -> [Check] {
        [
            Check(
                remarking: { try memory($0, subject) }, "\(subject.rawValue).memory",
                "valgrind sees no invalid access and no lost block in the plugin over a full exercise", of: subject, seconds: 300
            )
        ]
    }

    /// The C program, beside this one.
    private static let exercise = "kcm-plugin-exercise"

    private static func memory(_ context: CheckContext, _ subject: Check.Subject) throws -> String? {
        guard let valgrind = Valgrind.program() else { throw CheckSkipped("valgrind is not installed") }
        guard let program = exerciseProgram() else { throw CheckSkipped("\(exercise) is not beside kcmctl") }
        guard let library = realpath(context.library.info.file, nil) else { throw CheckSkipped("the library's path cannot be resolved") }
        defer { free(library) }
        var file = String(cString: library)
        var run = try Run(context, [valgrind, program, file, subject.rawValue])
        var remark: String?
        if !run.isFinished {
            // Valgrind gives up over debug information of a kind that it does not know.
            let copy = context.folder + "/without-debug-information.so"
            guard system("strip --strip-debug -o '\(copy)' '\(file)' 2>/dev/null") == 0 else {
                throw CheckSkipped("valgrind cannot read the library's debug information; build it with -gdwarf-4, or install binutils")
            }
            file = copy
            remark = "without debug information, which valgrind cannot read: build with -gdwarf-4 to see lines"
            run = try Run(context, [valgrind, program, file, subject.rawValue])
        }
        let findings = Valgrind.faults(in: run.report, of: file)
        if let first = findings.first {
            let ours = first.stack.filter { $0.object == file }.prefix(3).map(\.place).joined(separator: " < ")
            throw CheckFailure("\(first.what) in \(ours)\(findings.count > 1 ? "; \(findings.count - 1) more" : "")")
        }
        switch run.end {
        case .exited(0): return remark
        case .exited(3): throw CheckFailure("the plugin does not open under valgrind: \(run.words)")
        case .exited(let code): throw CheckSkipped("valgrind cannot run it here (code \(code))")
        case .signalled(let signal): throw CheckFailure("the exercise was ended by signal \(signal) (\(String(cString: strsignal(signal))))")
        }
    }

    /// One run of the exercise under valgrind.
    private struct Run {
        let end: ChildProcess.End
        let report: String
        /// What the exercise said at last.
        private(set) var words = ""

        /// - Parameter parts: valgrind, the program, the library, and its kind.
        init(_ context: CheckContext, _ parts: [String]) throws {
            let path = context.folder + "/valgrind.xml"
            let child = try ChildProcess(
                [parts[0], "--quiet", "--leak-check=full", "--show-leak-kinds=definite", "--num-callers=40", "--xml=yes", "--xml-file=\(path)"]
                    + [parts[1], parts[2], context.token, parts[3]] + context.settings.map(\.line),
                output: context.folder + "/exercise.output"
            )
            while let line = child.line(before: nil) {
                let (word, text) = Kit.split(line)
                if word == "step" { context.channel.progress((Double(text) ?? 0) / 100) } else { words = line }
            }
            end = child.wait()
            report = MemoryChecks.read(path)
        }

        /// Valgrind itself came to the end.
        var isFinished: Bool { report.contains("<state>FINISHED</state>") || end != .exited(1) }
    }

    private static func exerciseProgram() -> String? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        let length = readlink("/proc/self/exe", &buffer, Int(PATH_MAX))
        guard length > 0 else { return nil }
        let path = String(decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        let program = "\(folder)/\(exercise)"
        return access(program, X_OK) == 0 ? program : nil
    }

    fileprivate static func read(_ path: String) -> String {
        guard let file = fopen(path, "re") else { return "" }
        defer { fclose(file) }
        var (bytes, buffer): ([UInt8], [UInt8]) = ([], [UInt8](repeating: 0, count: 1 << 16))
        while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }
}
