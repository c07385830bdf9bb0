internal import ArgumentParser
internal import KCMAccess
internal import KCMAccessSettings
internal import KCMSettings

extension Policy {
    /// `kcmctl policy check`
    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Reads a policy file as kcmd would: 0 where it is good, 1 where not, with every error by file and line."
        )

        @Argument(help: "The policy file.") var file: String

        func run() throws {
            do throws(SettingsErrors) {
                let policy = try KCMAccess.Policy(path: file)
                let roles = Set(policy.rules.map(\.role.rawValue)).sorted().joined(separator: ", ")
                Output.say("\(file): the policy is good: \(policy.rules.count) rules for the roles \(roles)")
            } catch {
                for line in error.errors { Output.complain("kcmctl: \(line)") }
                throw ExitCode(1)
            }
        }
    }
}
