/// The plugin `pkcs11` in a process of its own, which can be killed and can lose its token. Both sides are built by gcc from `Fixtures`.
final class TokenDriver: Sendable {
    /// Built once; later tests share it.
    static let shared = Task { try await TokenDriver() }

    private let folder: Folder
    private let plugin: String
    /// SoftHSM behind a layer that makes trouble on demand.
    var faultyModule: String { folder.file("faulty.so") }

    private init() async throws {
        folder = try Folder()
        let flags = "-std=c11 -D_GNU_SOURCE -g -Wall -Wextra -Werror"
        try await Shell.run("gcc \(flags) -I'\(Repository.header)' '\(Repository.fixtures)/token-driver.c' -o '\(folder.file("driver"))'")
        let module = "'-DMODULE=\"\(Token.module)\"' '\(Repository.fixtures)/faulty-module.c' -o '\(folder.file("faulty.so"))'"
        try await Shell.run("gcc \(flags) -shared -fPIC -fvisibility=hidden -I/usr/include/p11-kit-1 \(module)")
        plugin = try await ShippedPlugin.build("pkcs11", in: folder)
    }

    /// Runs commands, one a line, in a fresh process; see `Fixtures/token-driver.c`.
    /// - Parameters:
    ///   - wrapper: a command in front, such as `timeout` or `valgrind`.
    ///   - environment: `NAME=value …` for the layer of faults.
    /// - Returns: the lines of its answers, however it ended.
    func run(
        _ commands: [String], on token: Token, settings: [String: String] = [:], faulty: Bool = false, environment: String = "", wrapper: String = ""
    ) async throws -> [String] {
        let all = token.settings(settings).merging(faulty ? ["module": faultyModule] : [:]) { $1 }
        let words = all.map { "'\($0.key)=\($0.value)'" }.joined(separator: " ")
        let script = commands.joined(separator: "\n") + "\n"
        try token.folder.write(script, to: "script")
        let output = try await Shell.run(
            "env SOFTHSM2_CONF='\(token.configuration)' \(environment) \(wrapper) '\(folder.file("driver"))' '\(plugin)' \(words) < '\(token.folder.file("script"))' 2>'\(token.folder.file("log"))' || true"
        )
        return output.split(separator: "\n").map { line in
            var line = line
            while line.last == " " { line.removeLast() }
            return String(line)
        }
    }
}
