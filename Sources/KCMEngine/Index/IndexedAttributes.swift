internal import KCMCrypto
internal import KMIP
internal import NIOCore

/// Which attribute values find objects without a scan, and how a value becomes an index key.
enum IndexedAttributes {
    /// Attributes that single out few objects and are in the index of every store.
    private static let first: Set<AttributeName> = [
        .name, .objectGroup, .applicationSpecificInformation, .contactInformation, .alternativeName, .link, .description,
    ]
    /// The same, of stores whose index is whole (``RecordKey/indexIsWhole``).
    private static let later: Set<AttributeName> = [.x509CertificateIdentifier, .x509CertificateSubject, .x509CertificateIssuer]

    /// The fields of a structure that is searched by the index, in the order in which they are stored. A search that states fewer asks for
    /// any value of the others, which the index cannot say.
    private static let fields: [AttributeName: [Tag]] = [
        .name: [.nameValue, .nameType],
        .alternativeName: [.alternativeNameValue, .alternativeNameType],
        .link: [.linkType, .linkedObjectIdentifier],
        .applicationSpecificInformation: [.applicationNamespace, .applicationData],
        .x509CertificateIdentifier: [.issuerDistinguishedName, .certificateSerialNumber],
        .x509CertificateSubject: [.subjectDistinguishedName],
        .x509CertificateIssuer: [.issuerDistinguishedName],
    ]

    /// Whether an object's values of the attribute are in the index. What most objects share (type, algorithm, length, state) is in their
    /// class instead, see ``IndexClass``; dates are filters only.
    static func isIndexed(_ name: AttributeName) -> Bool {
        if name == .level { return false }
        return name.isCustom || first.contains(name) || later.contains(name)
    }

    /// The value to look up for a search; `nil` where it cannot go by the index.
    /// - Parameter isWhole: whether the index of the store is whole.
    static func searchable(_ name: AttributeName, _ value: AttributeValue, isWhole: Bool) -> AttributeValue? {
        guard isIndexed(name), isWhole || !later.contains(name) else { return nil }
        guard case .structure(let sent) = value else { return value }
        guard let fields = fields[name], sent.count == fields.count else { return nil }
        var ordered: [AttributeValue.Field] = []
        for field in fields {
            guard let found = sent.first(where: { $0.tag == field }) else { return nil }
            ordered.append(found)
        }
        return .structure(ordered)
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
