internal import ArgumentParser
internal import KCMPluginHost
internal import KCMSettings
internal import KCMStore
internal import Logging

/// `kcmctl keystore`
struct Keystore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Looks at a daemon's keystore, checks it, and moves it to another plugin.",
        discussion: """
            The configuration is a daemon's, or a file with the sections keystore and plugins alone. The daemon must not be running on the \
            keystore. Records stay sealed: no key is needed.
            """,
        subcommands: [Stat.self, Copy.self, Verify.self]
    )

    /// Opens the keystore of a configuration.
    /// - Throws: `ExitCode` 1, with everything said.
    static func open(_ path: String, environment: [String: String]) throws -> PluginStore {
        do {
            let settings = try KeystoreSettings.load(path: path, environment: environment)
            let library = try PluginLibrary.load(settings.keystore.plugin, searchPath: .standard(first: settings.plugins.path))
            return try PluginStore(
                library,
                settings: Dictionary(settings.keystore.settings.map { ($0.key, $0.value) }, uniquingKeysWith: { _, last in last }),
                logger: Logger(label: "kcmctl") { _ in SwiftLogNoOpLogHandler() },
                deadline: settings.plugins.timeout
            )
        } catch let errors as SettingsErrors {
            for error in errors.errors { Output.complain("kcmctl: \(error)") }
            throw ExitCode(1)
        } catch { throw ended(1, "\(path): \(error)") }
    }

    /// Runs `body` with the keystore and closes it, whatever happens.
    /// - Throws: `ExitCode` 1, with everything said.
    static func with(_ path: String, environment: [String: String], _ body: (PluginStore) async throws -> Void) async throws {
        let store = try open(path, environment: environment)
        do { try await body(store) } catch {
            await store.close()
            throw error is ExitCode ? error : ended(1, "\(path): \(error)")
        }
        await store.close()
    }
}
