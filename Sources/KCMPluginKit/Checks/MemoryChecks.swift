internal import Glibc
internal import KCMPluginHost

/// Memory, by valgrind: a small C program exercises the plugin, since a whole kit would take a hundred times as long.
enum MemoryChecks {
    static let all: [Check] = [
        Check(remarking: memory, "plugin.memory", "valgrind sees no invalid access and no lost block in the plugin over a full exercise", of: .plugin, seconds: 300)
    ]

    /// The C program, beside this one.
    private static let exercise = "kcm-plugin-exercise"

    private static func memory(_ context: CheckContext) throws -> String? {
        guard let valgrind = Valgrind.program() else { throw CheckSkipped("valgrind is not installed") }
        guard let program = exerciseProgram() else { throw CheckSkipped("\(exercise) is not beside kcmctl") }
        guard let library = realpath(context.library.info.file, nil) else { throw CheckSkipped("the library's path cannot be resolved") }
        defer { free(library) }
        let file = String(cString: library)
        let (report, output) = (context.folder + "/valgrind.xml", context.folder + "/exercise.output")
        let child = try ChildProcess(
            [valgrind, "--quiet", "--leak-check=full", "--show-leak-kinds=definite", "--num-callers=40", "--xml=yes", "--xml-file=\(report)", program, file, context.token]
                + context.settings.map(\.line),
            output: output
        )
        var passed = ""
        while let line = child.line(before: nil) {
            let (word, text) = Kit.split(line)
            if word == "step" { context.channel.progress((Double(text) ?? 0) / 100) } else { passed = line }
        }
        let end = child.wait()
        let findings = Valgrind.faults(in: read(report), of: file)
        if let first = findings.first {
            let ours = first.stack.filter { $0.object == file }.prefix(3).map(\.place).joined(separator: " < ")
            throw CheckFailure("\(first.what) in \(ours)\(findings.count > 1 ? "; \(findings.count - 1) more" : "")")
        }
        switch end {
        case .exited(0): return passed.isEmpty ? nil : passed
        case .exited(3): throw CheckSkipped("the plugin does not open: \(passed)")
        case .exited(let code): throw CheckSkipped("valgrind cannot run it here (code \(code)): \(passed)")
        case .signalled(let signal): throw CheckFailure("the exercise was ended by signal \(signal) (\(String(cString: strsignal(signal))))")
        }
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

    private static func read(_ path: String) -> String {
        guard let file = fopen(path, "re") else { return "" }
        defer { fclose(file) }
        var (bytes, buffer): ([UInt8], [UInt8]) = ([], [UInt8](repeating: 0, count: 1 << 16))
        while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }
}
