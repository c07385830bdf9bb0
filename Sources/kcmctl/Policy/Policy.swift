internal import ArgumentParser

/// `kcmctl policy`
struct Policy: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Checks policy files, and says what a policy decides and why.",
        subcommands: [Check.self, Explain.self]
    )
}
