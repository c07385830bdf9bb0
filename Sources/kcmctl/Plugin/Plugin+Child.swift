internal import ArgumentParser
internal import KCMPluginKit

extension Plugin {
    /// A process that `check` starts for one check. Not for people.
    struct Child: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "child", abstract: "A process of check.", shouldDisplay: false)

        /// How ``Check`` starts this command.
        static let program = ["/proc/self/exe", "plugin", "child"]

        @Argument(parsing: .captureForPassthrough) var arguments: [String] = []

        func run() async throws { KitChild.main(program: Self.program, arguments: arguments) }
    }
}
