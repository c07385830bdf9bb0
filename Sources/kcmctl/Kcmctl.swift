internal import ArgumentParser
internal import Glibc

/// The operator's tool.
@main
struct Kcmctl: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kcmctl",
        abstract: "Sets up, uses and inspects the OpenKCM Crypto Service.",
        discussion: "Exit codes: 0 done, 1 refused or not intact, 2 wrong usage, 3 no connection.",
        subcommands: [Init.self, Pki.self, Kmip.self, Audit.self, Plugin.self, Keystore.self, Policy.self, Conformance.self, Bench.self]
    )

    static func main() async {
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand { try await asynchronous.run() } else { try command.run() }
        } catch {
            // ArgumentParser's own code for wrong usage is 64; scripts get 2.
            let code = exitCode(for: error)
            guard code == .validationFailure else { exit(withError: error) }
            Output.complain(fullMessage(for: error))
            CLibrary.exit(2)
        }
    }
}

/// `exit` of the C library, which a command's own `exit` hides.
enum CLibrary {
    static func exit(_ code: Int32) -> Never { Glibc.exit(code) }
}

/// Where results and complaints go.
enum Output {
    static func say(_ text: String) { write(text, to: STDOUT_FILENO) }
    static func complain(_ text: String) { write(text, to: STDERR_FILENO) }

    /// What is under way, for a person at a terminal; nothing where standard error is none.
    static func hint(_ text: String) {
        if isatty(STDERR_FILENO) == 1 { complain(text) }
    }

    private static func write(_ text: String, to descriptor: Int32) {
        var bytes = Array((text + "\n").utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count <= 0 { return }
            bytes = bytes.dropFirst(count)
        }
    }
}

/// A command's end that is said already: only the exit code is left.
func ended(_ code: Int32, _ line: String) -> ExitCode {
    Output.complain("kcmctl: \(line)")
    return ExitCode(code)
}
