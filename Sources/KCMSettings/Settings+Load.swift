extension Settings {
    /// Reads a configuration file.
    /// - Parameters:
    ///   - path: the YAML file, at most 1 MiB; relative paths inside it start at its folder.
    ///   - environment: the process's variables; `KCM_…` override the file.
    /// - Throws: ``SettingsErrors`` with everything that is wrong. The files that it names are not looked at: see ``checkFiles()``.
    public static func load(path: String, environment: [String: String]) throws(SettingsErrors) -> Settings {
        switch SettingsFile.read(path, limit: 1 << 20) {
        case .success(let yaml): return try parse(yaml, file: path, environment: environment)
        case .failure(let problem):
            throw SettingsErrors(errors: [SettingsError(.unreadable, path, "the configuration cannot be read: \(problem.text)")])
        }
    }

    /// Reads a configuration from text. `file` names it in messages and gives the folder for relative paths.
    /// - Throws: ``SettingsErrors``.
    public static func parse(_ yaml: String, file: String, environment: [String: String]) throws(SettingsErrors) -> Settings {
        let document: Document
        do {
            document = try Document.parse(yaml, file: file)
        } catch {
            throw SettingsErrors(errors: [error as? SettingsError ?? SettingsError(.syntax, file, "\(error)")])
        }
        var reader = SettingsReader(file: file, environment: environment)
        let settings = Settings(document, yaml: yaml, &reader)
        reader.checkEnvironment()
        guard reader.errors.isEmpty else { throw SettingsErrors(errors: sorted(reader.errors)) }
        return settings
    }

    /// By line, then the environment's by name.
    private static func sorted(_ errors: [SettingsError]) -> [SettingsError] {
        func rank(_ error: SettingsError) -> Int { error.origin.split(separator: ":").last.flatMap { Int($0) } ?? .max }
        return errors.enumerated().sorted { (rank($0.element), $0.offset) < (rank($1.element), $1.offset) }.map(\.element)
    }

    static let keys = [
        "mode", "node", "listen", "tls", "keystore", "root", "core", "sealing", "identity", "policy", "audit", "limits", "cache", "plugins", "log",
        "provision",
    ]

    private init(_ document: Document, yaml: String, _ reader: inout SettingsReader) {
        let root = reader.root(document, keys: Self.keys)
        let mode: Mode? = reader.value("mode", in: root, default: nil, expected: "core or edge") { Mode(rawValue: $0) }
        if !reader.isPresent("mode", in: root) { reader.missing("mode", in: root, expected: "core or edge") }
        self.mode = mode ?? .edge

        let node = reader.required("node", in: root, expected: "this daemon's name")
        if !node.isEmpty, !Self.isName(node) {
            reader.value("node", in: root, default: (), expected: "1 to 64 characters of A-Z a-z 0-9 . _ -") { _ in nil }
        }
        self.node = node
        listen = Self.listen(root, mode, &reader)
        tls = Self.tls(root, &reader)
        keystore = Self.plugin("keystore", root, &reader)
        audit = Self.audit(root, &reader)
        limits = Self.limits(root, &reader)
        cache = Self.cache(root, limits, &reader)
        plugins = Self.plugins(root, &reader)
        log = Self.log(root, &reader)
        identity = Self.identity(root, &reader)
        policy = Self.policy(root, yaml: yaml, &reader)

        // Without a mode nobody knows which of these are right.
        switch mode {
        case .core:
            self.root = Self.plugin("root", root, &reader)
            provision = Self.provision(root, &reader)
            core = nil
            sealing = nil
            for key in ["core", "sealing"] { reader.refuse(key, in: root, mode: .core) }
        case .edge:
            core = Self.core(root, &reader)
            sealing = Self.sealing(root, &reader)
            self.root = nil
            provision = []
            for key in ["root", "provision"] { reader.refuse(key, in: root, mode: .edge) }
        case nil:
            self.root = nil
            core = nil
            sealing = nil
            provision = []
        }
    }

    /// Whether a text can name a node or a tenant.
    static func isName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                switch $0 {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
                case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"): true
                default: false
                }
            }
    }
}
