public import KMIP

/// What an operation may know of the request around it.
public struct OperationContext: Sendable {
    /// Whose objects are in reach.
    public let tenant: String
    /// The version that the response is to be in.
    public let version: ProtocolVersion
    /// Seconds since 1970 UTC, one value for the whole item.
    public let now: Int64
    /// The object that the batch made or found last (KMIP 1.4 §4, ID Placeholder).
    public var placeholder: String?
    /// The level of a new object or of a search, already checked.
    public var level: Level
    /// Decrypt, too, takes Active keys only. KMIP lets revoked keys process what they protected; an edge that opens its sealing key
    /// gets no such grace, or revoking the L3 key would shut nothing down (design §2).
    public var requiresActive = false
    /// What the policy lets the request reach; `nil` where that is every object of tenant and level.
    public var restriction: ObjectRestriction?

    public init(tenant: String, version: ProtocolVersion, now: Int64, placeholder: String?, level: Level) {
        self.tenant = tenant
        self.version = version
        self.now = now
        self.placeholder = placeholder
        self.level = level
    }

    /// The identifier to use: the one sent, or the ID Placeholder.
    func identifier(_ sent: String?) throws(OperationFailure) -> String {
        if let sent { return sent }
        guard let placeholder else {
            throw OperationFailure(.itemNotFound, "No Unique Identifier was sent, and the batch has no ID Placeholder")
        }
        return placeholder
    }
}

/// What an operation did, for the audit record and the ID Placeholder.
public struct OperationTrace: Sendable {
    /// The object worked on or made; empty where there is none.
    public var object: String
    public var objectType: ObjectType?
    /// What becomes of the batch's ID Placeholder.
    public var placeholder: Placeholder

    /// KMIP 1.4 §4, ID Placeholder.
    public enum Placeholder: Sendable, Hashable {
        case kept
        case set(String)
        /// A search with no match, or with several (KMIP 1.4 §4.9).
        case cleared
    }

    public init(object: String = "", objectType: ObjectType? = nil, placeholder: Placeholder = .kept) {
        self.object = object
        self.objectType = objectType
        self.placeholder = placeholder
    }

    init(_ object: KeyObject) { self.init(object: object.uniqueIdentifier, objectType: object.objectType) }

    /// The object becomes the ID Placeholder.
    init(made object: KeyObject) {
        self.init(object: object.uniqueIdentifier, objectType: object.objectType, placeholder: .set(object.uniqueIdentifier))
    }
}
