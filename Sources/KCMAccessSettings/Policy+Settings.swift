public import KCMAccess
public import KCMSettings
internal import KCMEngine
internal import KMIP

extension Policy {
    /// The policy that a configuration names, or the built-in one. Blocks on the file system where it is a file.
    /// - Throws: `SettingsErrors` with file and line of everything that is wrong.
    public init(_ source: Settings.PolicySource) throws(SettingsErrors) {
        guard let settings = try PolicySettings.load(source, Self.vocabulary) else {
            self.init()
            return
        }
        self.init(settings)
    }

    /// The policy in a file.
    /// - Throws: `SettingsErrors`.
    public init(path: String) throws(SettingsErrors) { self.init(try PolicySettings.load(path: path, Self.vocabulary)) }

    /// Words were checked when the file was read; one that means nothing here grants nothing.
    init(_ settings: PolicySettings) {
        let own = settings.grants.map { grant in
            Rule(
                name: grant.origin,
                role: Role(rawValue: grant.role),
                operations: Set(grant.operations.compactMap { KMIP.Operation(name: $0) }),
                levels: Set(grant.levels.compactMap { Level(rawValue: $0) }),
                scope: Set(grant.scopes.compactMap { Scope(rawValue: $0) }),
                restriction: Restriction(types: Set(grant.types.compactMap { ObjectType(name: $0) }), namePrefixes: grant.names)
            )
        }
        self.init(rules: (settings.extendsBuiltIn ? Policy.builtIn : []) + own)
    }

    /// What a policy file may name: the operations that are served, and KMIP's types of objects.
    static let vocabulary = PolicySettings.Vocabulary(
        operations: OperationTable.standard.operations.compactMap(\.name),
        levels: Level.allCases.map(\.rawValue),
        scopes: Scope.allCases.map(\.rawValue),
        types: (1...9).compactMap { ObjectType(rawValue: $0).name }
    )
}
