/// A policy of one's own, as its file says it: which role may do what. Words are checked against a ``Vocabulary``; nothing else is decided.
public struct PolicySettings: Sendable, Equatable {
    /// Whether the built-in rules hold, too (`extends: built-in`).
    public let extendsBuiltIn: Bool
    /// In the order of the file; empty only beside the built-in rules.
    public let grants: [Grant]

    /// One entry of a role.
    public struct Grant: Sendable, Equatable {
        public let role: String
        /// KMIP's names without spaces (`GetAttributes`); `*` in the file is all of them.
        public let operations: [String]
        /// `L2`, `L3`, `L4`.
        public let levels: [String]
        /// Where it holds; all places where the file names none.
        public let scopes: [String]
        /// Object Types, KMIP's names; empty: any.
        public let types: [String]
        /// What the names of objects start with; empty: any name, or none.
        public let names: [String]
        /// `policy.yaml:12`, for audit records and explanations.
        public let origin: String
    }

    /// The words that a policy may use.
    public struct Vocabulary: Sendable {
        public let operations: [String]
        public let levels: [String]
        public let scopes: [String]
        public let types: [String]

        public init(operations: [String], levels: [String], scopes: [String], types: [String]) {
            self.operations = operations
            self.levels = levels
            self.scopes = scopes
            self.types = types
        }
    }

    /// The policy that a configuration names.
    /// - Returns: `nil` for the built-in one.
    /// - Throws: ``SettingsErrors`` with everything that is wrong, by file and line.
    public static func load(_ source: Settings.PolicySource, _ vocabulary: Vocabulary) throws(SettingsErrors) -> PolicySettings? {
        switch source {
        case .builtIn: return nil
        case .file(let path): return try load(path: path, vocabulary)
        case .inline(let yaml, let origin):
            let file = origin.lastIndex(of: ":").map { String(origin[..<$0]) } ?? origin
            return try parse(yaml, file: file, vocabulary)
        }
    }

    /// Reads a policy file of at most 1 MiB. Blocks on the file system.
    /// - Throws: ``SettingsErrors``.
    public static func load(path: String, _ vocabulary: Vocabulary) throws(SettingsErrors) -> PolicySettings {
        switch SettingsFile.read(path, limit: 1 << 20) {
        case .success(let yaml): return try parse(yaml, file: path, vocabulary)
        case .failure(let problem): throw SettingsErrors(errors: [SettingsError(.unreadable, path, "the policy cannot be read: \(problem.text)")])
        }
    }

    /// Reads a policy from text. `file` names it in messages and origins.
    /// - Throws: ``SettingsErrors``.
    public static func parse(_ yaml: String, file: String, _ vocabulary: Vocabulary) throws(SettingsErrors) -> PolicySettings {
        let document: Document
        do { document = try Document.parse(yaml, file: file) } catch {
            throw SettingsErrors(errors: [error as? SettingsError ?? SettingsError(.syntax, file, "\(error)")])
        }
        // A policy is what its file says: no variable of the environment grants anything.
        var reader = SettingsReader(file: file, environment: [:])
        let policy = PolicySettings(document, vocabulary, &reader)
        guard reader.errors.isEmpty else { throw SettingsErrors(errors: reader.errors) }
        return policy
    }
}
