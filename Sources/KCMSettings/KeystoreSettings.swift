/// The part of a daemon's configuration that says where its records are: what tools that work on a keystore need.
public struct KeystoreSettings: Sendable, Equatable {
    /// Where records are kept.
    public let keystore: Settings.Plugin
    public let plugins: Settings.PluginSearch

    /// Reads the sections `keystore` and `plugins` of a configuration; the others are not looked at, so a file that has only these two
    /// will do.
    /// - Parameters:
    ///   - path: the YAML file, at most 1 MiB; relative paths inside it start at its folder.
    ///   - environment: the process's variables; `KCM_…` override the file.
    /// - Throws: ``SettingsErrors``.
    public static func load(path: String, environment: [String: String]) throws(SettingsErrors) -> KeystoreSettings {
        let yaml: String
        switch SettingsFile.read(path, limit: 1 << 20) {
        case .success(let text): yaml = text
        case .failure(let problem):
            throw SettingsErrors(errors: [SettingsError(.unreadable, path, "the configuration cannot be read: \(problem.text)")])
        }
        let document: Document
        do { document = try Document.parse(yaml, file: path) } catch {
            throw SettingsErrors(errors: [error as? SettingsError ?? SettingsError(.syntax, path, "\(error)")])
        }
        var reader = SettingsReader(file: path, environment: environment)
        let root = reader.root(document, keys: Settings.keys)
        let result = KeystoreSettings(keystore: Settings.plugin("keystore", root, &reader), plugins: Settings.plugins(root, &reader))
        guard reader.errors.isEmpty else { throw SettingsErrors(errors: reader.errors) }
        return result
    }
}
