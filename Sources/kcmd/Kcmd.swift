internal import ArgumentParser
internal import Glibc
internal import KCMCrypto
internal import KCMSettings

/// The daemon's command line.
@main
struct Kcmd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kcmd",
        abstract: "The OpenKCM Crypto Service: a KMIP key-management daemon, Core or Edge as its configuration says.",
        discussion:
            "Runs in the foreground. SIGTERM drains and stops; SIGHUP reloads certificates, revocation lists, identity rules, policy, limits and log level."
    )

    @Option(name: .long, help: ArgumentHelp("The configuration file.", valueName: "file"))
    var config: String

    @Flag(name: .long, help: "Check configuration, files and plugins, and exit: 0 where all is well, 1 where not.")
    var check = false

    func run() async throws {
        let environment = ProcessEnvironment.variables()
        // Who wants a report of a crash, and takes it for the secret that it is, asks for one by name.
        if environment["SWIFT_BACKTRACE"] == nil { CrashReports.forbid() }
        do {
            let settings = try Settings.load(path: config, environment: environment)
            let faults = settings.checkFiles()
            for fault in faults { Self.complain("\(fault)") }
            guard faults.isEmpty else { throw ExitCode(1) }
            if check {
                try await Daemon.check(settings)
                print("\(config): the configuration of \(settings.node) (\(settings.mode.rawValue)) is good")
            } else {
                try await Daemon.run(settings, configPath: config)
            }
        } catch let error as SettingsErrors {
            for line in error.errors { Self.complain("\(line)") }
            throw ExitCode(1)
        } catch let error as ExitCode { throw error } catch {
            Self.complain("\(config): \(error)")
            throw ExitCode(1)
        }
    }

    private static func complain(_ line: String) {
        let text = "kcmd: \(line)\n"
        _ = text.utf8.withContiguousStorageIfAvailable { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
