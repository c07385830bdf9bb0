public import KMIP

/// Which role may do which operation at which level. Default deny; pure; the order of rules does not matter (design §4).
public struct Policy: Sendable {
    /// The level of the object in play.
    public enum Level: String, Sendable, Hashable {
        case l2 = "L2"
        case l3 = "L3"
        case l4 = "L4"
    }


    /// Grants operations at levels to a role.
    public struct Rule: Sendable, Hashable {
        /// What audit records and explanations call it.
        public let name: String
        public let role: Role
        public let operations: Set<KMIP.Operation>
        public let levels: Set<Level>
        /// In which mode and over which route it holds.
        public let scope: Set<Scope>

        public init(name: String, role: Role, operations: Set<KMIP.Operation>, levels: Set<Level>, scope: Set<Scope>) {
            self.name = name
            self.role = role
            self.operations = operations
            self.levels = levels
            self.scope = scope
        }
    }

    /// Where a rule holds.
    public enum Scope: Sendable, Hashable {
        /// At Edge, and the client is connected to it.
        case edge
        /// At Core, and the client is connected to it.
        case coreDirect
        /// At Core, behind an edge.
        case corePropagated
    }

    /// The answer, with the rule that made it.
    public struct Decision: Sendable, Hashable {
        public let isAllowed: Bool
        /// The rule's name, or `default-deny`.
        public let rule: String
    }

    private let rules: [Rule]

    public init(rules: [Rule] = Policy.builtIn) { self.rules = rules }

    /// Decides one operation.
    /// - Parameter level: `nil` for operations on the server itself. Every mapped principal may do those, but for ``keyless``
    ///   cryptography: that is for whoever may do it at some level.
    public func decide(_ roles: Set<Role>, _ operation: KMIP.Operation, level: Level?, in scope: Scope) -> Decision {
        if level == nil, !Self.keyless.contains(operation) { return Decision(isAllowed: true, rule: "server-information") }
        for rule in rules
        where roles.contains(rule.role) && rule.operations.contains(operation) && level.map(rule.levels.contains) ?? true
            && rule.scope.contains(scope)
        {
            return Decision(isAllowed: true, rule: rule.name)
        }
        return Decision(isAllowed: false, rule: "default-deny")
    }

    private static let lifecycle: Set<KMIP.Operation> = [
        .create, .register, .locate, .check, .getAttributes, .getAttributeList, .addAttribute, .modifyAttribute, .deleteAttribute,
        .obtainLease, .getUsageAllocation, .activate, .revoke, .destroy, .archive, .recover, .createKeyPair, .reKey, .reKeyKeyPair, .deriveKey,
        .certify, .reCertify, .createSplitKey, .joinSplitKey,
    ]
    /// What is passed on to Core, too.
    private static let use: Set<KMIP.Operation> = [.encrypt, .decrypt]
    /// Cryptography that needs no key.
    private static let keyless: Set<KMIP.Operation> = [.hash, .rngRetrieve, .rngSeed]
    /// Whoever may encrypt with the keys that are here may sign and authenticate with them.
    private static let services = use.union(keyless).union([.sign, .signatureVerify, .mac, .macVerify])

    /// The built-in roles of the design.
    public static let builtIn: [Rule] = [
        Rule(name: "service-l4", role: .service, operations: lifecycle.union(services).union([.get]), levels: [.l4], scope: [.edge]),
        Rule(name: "service-l3-use", role: .service, operations: use, levels: [.l3], scope: [.edge, .corePropagated]),
        // Get is granted so that the answer is the object's own: Sensitive, never its value.
        Rule(
            name: "tenant-admin",
            role: .tenantAdmin,
            operations: lifecycle.union(services).union([.get]),
            levels: [.l2, .l3],
            scope: [.coreDirect]
        ),
        Rule(name: "edge-sealing", role: .edge, operations: use.union([.locate]), levels: [.l3], scope: [.coreDirect]),
        Rule(
            name: "auditor-edge",
            role: .auditor,
            operations: [.locate, .getAttributes, .getAttributeList],
            levels: [.l4],
            scope: [.edge]
        ),
        Rule(
            name: "auditor-core",
            role: .auditor,
            operations: [.locate, .getAttributes, .getAttributeList],
            levels: [.l2, .l3],
            scope: [.coreDirect]
        ),
    ]
}
