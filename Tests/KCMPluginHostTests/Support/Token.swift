import Glibc
import KCMPluginHost

/// A token of SoftHSM in a folder of its own, with what a plugin is told to find it.
final class Token: Sendable {
    static let module = "/usr/lib/softhsm/libsofthsm2.so"
    static let pin = "4711"
    /// OpenSC's tool, logged in at a token of `configuration`.
    static let tool = "pkcs11-tool --module \(module) --token-label kcm --login --pin \(pin)"

    /// The token of the tests that run in this process: SoftHSM reads its configuration once. Stores and keys on it have names of their own.
    static let shared: Result<Token, any Error> = {
        do {
            let token = try Token()
            setenv("SOFTHSM2_CONF", token.configuration, 1)
            // Nothing lets go of a static: its folder would stay in memory after the tests.
            atexit { if case .success(let token) = Token.shared { _ = try? Shell.runBlocking("rm -rf '\(token.folder.path)'") } }
            return .success(token)
        } catch { return .failure(error) }
    }()

    let folder: Folder
    var configuration: String { folder.file("softhsm2.conf") }

    init() throws {
        // In memory where that can be: SoftHSM cuts and writes its files a dozen times for each object.
        folder = try Folder(in: access("/dev/shm", W_OK) == 0 ? "/dev/shm" : nil)
        try folder.write("directories.tokendir = \(folder.file("tokens"))\nobjectstore.backend = file\nlog.level = ERROR\n", to: "softhsm2.conf")
        try folder.write("\(Self.pin)\n", to: "pin")
        try Shell.runBlocking("mkdir '\(folder.file("tokens"))'")
        try run("softhsm2-util --init-token --free --label kcm --so-pin 12345678 --pin \(Self.pin)")
    }

    /// Settings that name this token.
    func settings(_ more: [String: String] = [:], pin: String? = nil) -> [String: String] {
        ["module": Self.module, "token": "kcm", "pin_file": pin ?? folder.file("pin")].merging(more) { $1 }
    }

    /// Runs a command of SoftHSM or OpenSC that sees this token.
    @discardableResult
    func run(_ command: String) throws -> String { try Shell.runBlocking("SOFTHSM2_CONF='\(configuration)' \(command)") }

    /// Makes an AES-256 key as the plugin's page says.
    func makeKey(_ label: String, version: String) throws {
        try run("\(Self.tool) --keygen --key-type AES:32 --label '\(label)' --id \(version) --private --sensitive")
    }

    /// Changes the token from another process, which makes SoftHSM in this one look at it anew.
    func touch() throws {
        try run("\(Self.tool) --write-object '\(folder.file("pin"))' --type data --label touched")
    }
}
