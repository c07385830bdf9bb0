internal import ArgumentParser

/// `kcmctl audit`
struct Audit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Verifies and shows audit logs, offline, and changes the key of one.",
        subcommands: [Verify.self, Show.self, RotateKey.self]
    )
}
