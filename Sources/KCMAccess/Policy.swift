public import KMIP

/// Which role may do which operation at which level. Default deny; pure; the order of rules does not matter (design §4).
public struct Policy: Sendable {
    /// The level of the object in play.
    public enum Level: String, Sendable, Hashable, CaseIterable {
        case l2 = "L2"
        case l3 = "L3"
        case l4 = "L4"
    }

    /// Where a rule holds.
    public enum Scope: String, Sendable, Hashable, CaseIterable {
        /// At Edge, and the client is connected to it.
        case edge
        /// At Core, and the client is connected to it.
        case coreDirect = "core"
        /// At Core, behind an edge.
        case corePropagated = "core-via-edge"
    }

    /// The answer, with the rule that made it.
    public struct Decision: Sendable, Hashable {
        public let isAllowed: Bool
        /// The rule's name, or `default-deny`; several names where each allows other objects.
        public let rule: String
        /// What the object has to be: one of these suffices. Empty where any object will do.
        public let restrictions: [Restriction]

        init(isAllowed: Bool, rule: String, restrictions: [Restriction] = []) {
            self.isAllowed = isAllowed
            self.rule = rule
            self.restrictions = restrictions
        }

        /// Whether the decision holds for an object.
        /// - Parameter names: the values of its Name attributes.
        public func permits(type: ObjectType?, names: [String]) -> Bool {
            isAllowed && (restrictions.isEmpty || restrictions.contains { $0.permits(type: type, names: names) })
        }
    }

    /// In the order in which they were given.
    public let rules: [Rule]

    public init(rules: [Rule] = Policy.builtIn) { self.rules = rules }

    /// Decides one operation, as far as that goes without the object: see ``Decision/restrictions``.
    /// - Parameter level: `nil` for operations on the server itself. Every mapped principal may do those of ``serverInformation``;
    ///   ``keyless`` cryptography is for whoever may do it at some level.
    public func decide(_ roles: Set<Role>, _ operation: KMIP.Operation, level: Level?, in scope: Scope) -> Decision {
        if level == nil, Self.serverInformation.contains(operation) { return Decision(isAllowed: true, rule: "server-information") }
        if level == nil, !Self.keyless.contains(operation) { return Self.denied }
        var restricted: [Rule] = []
        for rule in rules
        where roles.contains(rule.role) && rule.operations.contains(operation) && level.map(rule.levels.contains) ?? true
            && rule.scope.contains(scope)
        {
            // Without an object there is nothing to restrict.
            guard level != nil, !rule.restriction.isEmpty else { return Decision(isAllowed: true, rule: rule.name) }
            restricted.append(rule)
        }
        guard !restricted.isEmpty else { return Self.denied }
        return Decision(isAllowed: true, rule: restricted.map(\.name).joined(separator: ", "), restrictions: restricted.map(\.restriction))
    }

    private static let denied = Decision(isAllowed: false, rule: "default-deny")

    /// What every mapped principal may ask of the server.
    public static let serverInformation: Set<KMIP.Operation> = [.query, .discoverVersions, .cancel, .poll]
    /// Cryptography that needs no key.
    public static let keyless: Set<KMIP.Operation> = [.hash, .rngRetrieve, .rngSeed]
}
