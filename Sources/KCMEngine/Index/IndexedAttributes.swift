internal import KCMCrypto
internal import KMIP
internal import NIOCore

/// Which attribute values find objects without a scan, and how a value becomes an index key.
enum IndexedAttributes {
    /// Attributes that single out few objects. Those that most objects share (algorithm, length, state, dates) are filters only.
    static func isIndexed(_ name: AttributeName) -> Bool {
        if name == .level { return false }
        if name.isCustom { return true }
        return [.name, .objectGroup, .applicationSpecificInformation, .contactInformation, .alternativeName, .link, .description]
            .contains(name)
    }

    /// Whether a search for this value may go by the index: a structure that states a part only is matched by a walk.
    static func canSearch(_ name: AttributeName, _ value: AttributeValue) -> Bool {
        guard isIndexed(name) else { return false }
        if case .structure = value { return name == .name && Name(value) != nil }
        return true
    }

    /// The value blinded under the tenant's key: 32 bytes, from which a store learns neither name nor value.
    static func blind(_ name: AttributeName, _ value: AttributeValue, with keys: TenantKeys) throws -> [UInt8] {
        var writer = TTLVWriter()
        Attribute(name, value).encode(to: &writer)
        return try writer.buffer.withUnsafeReadableBytes { try HMACSHA256.authenticate($0, key: keys.blinding.bytes) }
    }

    /// The blinded values of all indexed attributes of an object.
    static func blinded(_ attributes: AttributeSet, with keys: TenantKeys) throws -> Set<[UInt8]> {
        var result: Set<[UInt8]> = []
        for entry in attributes.entries where isIndexed(entry.name) {
            if let value = entry.value { result.insert(try blind(entry.name, value, with: keys)) }
        }
        return result
    }
}
