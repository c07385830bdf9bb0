internal import ArgumentParser
internal import Glibc
internal import KCMAudit
internal import KCMCrypto
internal import KCMSettings

extension Audit {
    /// `kcmctl audit rotate-key`
    struct RotateKey: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rotate-key",
            abstract: "Gives the log of a stopped daemon a new signing key.",
            discussion: "The old key signs a line that names the new one, and is then replaced by it. The first public key goes on verifying the "
                + "whole log. A run that was broken off is ended by the next one."
        )

        @Argument(help: "The daemon's configuration.") var config: String
        @Option(name: .customLong("public"), help: "Where the new public key goes, PEM; a file that is there stays.") var publicKey: String

        func run() async throws {
            do {
                let settings = try Settings.load(path: config, environment: ProcessEnvironment.variables())
                let path = settings.audit.key
                let next = path + ".next"
                guard !Files.exists(publicKey) || Files.exists(next) else {
                    throw ended(2, "\(publicKey) is there: the new key needs a name of its own")
                }
                let new: SigningKey
                if Files.exists(next) {
                    new = try SigningKey(pemFile: next)
                } else {
                    new = try SigningKey.generate()
                    // Kept before the log names it: a log whose key is lost could not be gone on with.
                    try new.write(pemFile: next)
                }
                try Files.write(new.publicKeyPEM, to: publicKey, mode: 0o644)
                try Self.handOver(settings, from: try SigningKey(pemFile: path), to: new)
                guard rename(next, path) == 0 else {
                    throw ended(2, "cannot put \(next) in the place of \(path): \(String(cString: strerror(errno)))")
                }
                Output.say("\(path) is new, fingerprint \(new.verifyingKey.fingerprint); its public half is in \(publicKey)")
            } catch let exit as ExitCode { throw exit } catch { throw ended(2, "\(error)") }
        }

        private static func handOver(_ settings: Settings, from old: SigningKey, to new: SigningKey) throws {
            func open(_ key: SigningKey) throws(AuditError) -> AuditLog {
                try AuditLog(path: settings.audit.path, key: key, node: settings.node, mode: settings.mode.rawValue, durability: .fsync)
            }
            let log: AuditLog
            do throws(AuditError) { log = try open(old) } catch  where error.code == .corrupt {
                // A run before this one may have come so far.
                guard let already = try? open(new) else { throw error }
                return try already.close()
            }
            try log.changeKey(to: new)
            try log.close()
        }
    }
}
