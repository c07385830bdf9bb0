internal import KCMCrypto
internal import KMIP

/// What an object shares with many: type, state, algorithm, length, usage mask. Objects that are alike in all of them form a class, and
/// the index has one entry for an object in its class, so that any of these, alone or together, finds objects without a walk over all.
///
/// A store has few classes. Each is kept once, as its *facets*: the blinded single values.
struct IndexClass: Hashable, Sendable {
    private let objectType: UInt32
    /// Those that the object has or will have by its dates, which no write accompanies.
    private let states: Set<State>
    private let algorithm: UInt32?
    private let certificateType: UInt32?
    /// In bits.
    private let length: Int32?
    private let usageMask: Int32
    private let isArchived: Bool

    init(_ object: KeyObject) {
        objectType = object.objectType.rawValue
        var states: Set<State> = object.hasState ? [object.storedState] : []
        if states.contains(.preActive), object.rules.activationDate != nil { states.insert(.active) }
        if states.contains(.active), object.rules.deactivationDate != nil { states.insert(.deactivated) }
        self.states = states
        algorithm = object.rules.algorithm?.rawValue
        certificateType = object.attributes.enumeration(.certificateType, as: CertificateType.self)?.rawValue
        length = object.rules.length
        usageMask = object.rules.usageMask.rawValue
        isArchived = object.rules.isArchived
    }

    /// The blinded facets, in ascending order.
    /// - Throws: `CryptoError`.
    func facets(with keys: TenantKeys) throws -> [[UInt8]] {
        var facets: [[UInt8]] = []
        func add(_ name: AttributeName, _ value: AttributeValue) throws { facets.append(try IndexedAttributes.blind(name, value, with: keys)) }
        try add(.objectType, .enumeration(objectType))
        for state in states { try add(.state, .enumeration(state.rawValue)) }
        if let algorithm { try add(.cryptographicAlgorithm, .enumeration(algorithm)) }
        if let certificateType { try add(.certificateType, .enumeration(certificateType)) }
        if let length { try add(.cryptographicLength, .integer(length)) }
        for bit in Self.bits(of: usageMask) { try add(.cryptographicUsageMask, .integer(bit)) }
        facets.append(try Self.storage(isArchived, with: keys))
        return facets.sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// The key of a class with these facets: 32 bytes.
    /// - Throws: `CryptoError`.
    static func identifier(of facets: [[UInt8]], with keys: TenantKeys) throws -> [UInt8] {
        try Array(facets.joined()).withUnsafeBytes { try HMACSHA256.authenticate($0, key: keys.blinding.bytes) }
    }

    // MARK: Searching

    /// The facets that the class of an object must have which a search looks for.
    /// - Throws: `CryptoError`.
    static func required(by query: SearchQuery, with keys: TenantKeys) throws -> Set<[UInt8]> {
        var facets: Set<[UInt8]> = []
        for attribute in query.attributes {
            guard let value = attribute.value else { continue }
            switch (attribute.name, value) {
            case (.cryptographicUsageMask, .integer(let mask)):
                for bit in bits(of: mask) { facets.insert(try IndexedAttributes.blind(.cryptographicUsageMask, .integer(bit), with: keys)) }
            case (.objectType, _), (.state, _), (.cryptographicAlgorithm, _), (.cryptographicLength, _), (.certificateType, _):
                facets.insert(try IndexedAttributes.blind(attribute.name, value, with: keys))
            default: continue
            }
        }
        if let isArchived = query.isArchived { facets.insert(try storage(isArchived, with: keys)) }
        return facets
    }

    private static func bits(of mask: Int32) -> [Int32] { (0..<32).map { Int32(truncatingIfNeeded: 1 << $0) }.filter { mask & $0 != 0 } }

    /// In archival storage or on line: an attribute that no object has, to stand for it.
    private static func storage(_ isArchived: Bool, with keys: TenantKeys) throws -> [UInt8] {
        try IndexedAttributes.blind(.archiveDate, .boolean(isArchived), with: keys)
    }
}

/// What a search can be narrowed by before an object is opened.
struct SearchQuery {
    /// All have to match.
    var attributes: [Attribute] = []
    /// Objects in archival storage, or on line; `nil` for both.
    var isArchived: Bool?
}
