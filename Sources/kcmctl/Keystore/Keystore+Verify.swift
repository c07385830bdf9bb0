internal import ArgumentParser
internal import KCMPluginHost
internal import KCMSettings

extension Keystore {
    /// `kcmctl keystore verify`
    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Has the plugin read its whole medium and check it, as far as the plugin can.",
            discussion: "Whether records open is for the daemon to tell: they are sealed."
        )

        @Argument(help: "The daemon's configuration.") var config: String

        func run() async throws {
            try await Keystore.with(config, environment: ProcessEnvironment.variables()) { store in
                try await store.verify()
                Output.say("the medium of \(store.info.name) is intact")
            }
        }
    }
}
