extension Settings {
    /// Looks whether the files that the configuration names are there, can be read, and are private where they hold a key.
    ///
    /// Blocks on the file system; for start-up and `--check`. What plugins keep is theirs to check, except that a root of trust's
    /// `path` must not be open to others.
    /// - Returns: one error for each file, empty where all is well.
    public func checkFiles() -> [SettingsError] {
        var errors: [SettingsError] = []
        func check(_ key: String, _ path: String, secret: Bool = false) {
            if let problem = SettingsFile.problem(path, secret: secret) { errors.append(SettingsError(.file, key, "\(path) \(problem)")) }
        }
        check("tls.certificate", tls.certificate)
        check("tls.key", tls.key, secret: true)
        check("tls.trust", tls.trust)
        if let crl = tls.crl { check("tls.crl", crl) }
        check("audit.key", audit.key, secret: true)
        if let problem = SettingsFile.folderProblem(of: audit.path) { errors.append(SettingsError(.file, "audit.path", "\(audit.path) \(problem)")) }
        if case .file(let path) = policy { check("policy", path) }
        if let path = root?["path"] { check("root.settings.path", path, secret: true) }
        return errors
    }
}
