import Glibc
import KCMPluginHost

/// C programs from the fixtures that load a shipped plugin by hand.
struct Driver {
    private let folder: Folder
    private let program: String

    /// Builds `Fixtures/<name>.c`.
    init(_ name: String) async throws {
        folder = try Folder()
        program = folder.file(name)
        // Plugins that are built with a sanitizer need its runtime in the program that loads them.
        let compiler = getenv("KCM_TEST_CC").map { String(cString: $0) } ?? "gcc"
        let flags = "-std=gnu11 -g -Wall -Wextra -Werror -I'\(Repository.header)'"
        try await Shell.run("\(compiler) \(flags) '\(Repository.fixtures)/\(name).c' -o '\(program)'")
    }

    /// Runs it, and gives what it prints.
    /// - Parameter tool: what it runs under, as `valgrind -q`.
    func run(under tool: String = "", _ arguments: String...) async throws -> String {
        try await Shell.run("\(tool) '\(program)' \(arguments.map { "'\($0)'" }.joined(separator: " "))")
    }

    /// Commits groups to a store and ends without closing it.
    func abandon(_ keystore: Keystore, _ path: String, groups: Int) async throws {
        let printed = try await run(try keystore.file, "abandon", "\(groups)", "path=\(path)")
        guard printed == "0 \n" else { throw Shell.Failure(text: printed) }
    }
}

/// What `kcm.store.verify/1` says of a store that nobody has open: its code and text; with `open` before it where opening fails.
func verify(_ keystore: Keystore, _ path: String) async throws -> String {
    let driver = try await Driver("drive")
    return try await driver.run(try keystore.file, "verify", "0", "path=\(path)")
}

extension Keystore {
    /// The built library.
    var file: String {
        get throws { try PluginLibrary.load(rawValue, searchPath: .standard()).info.file }
    }
}
