public import NIOCore

/// An object as messages carry it (KMIP 1.4 §2.2). Byte values are slices of the message they came in.
public enum ManagedObject: Sendable {
    case symmetricKey(KeyBlock)
    case publicKey(KeyBlock)
    case privateKey(KeyBlock)
    case secretData(SecretDataType, KeyBlock)
    case opaque(type: UInt32, value: ByteBuffer)
    case certificate(CertificateType, value: ByteBuffer)
    case splitKey(SplitKey)
    /// The attributes that it gives to objects made with it; deprecated since KMIP 1.3.
    case template([Attribute])
    case pgpKey(version: Int32, KeyBlock)

    /// The tags that an object can stand under.
    static let tags: Set<Tag> = [.symmetricKey, .publicKey, .privateKey, .secretData, .opaqueObject, .certificate, .splitKey, .template, .pgpKey]

    /// The Object Type it has.
    public var objectType: ObjectType {
        switch self {
        case .symmetricKey: .symmetricKey
        case .publicKey: .publicKey
        case .privateKey: .privateKey
        case .secretData: .secretData
        case .opaque: .opaqueObject
        case .certificate: .certificate
        case .splitKey: .splitKey
        case .template: .template
        case .pgpKey: .pgpKey
        }
    }

    /// Reads the object that stands under `item`'s tag.
    init(_ item: TTLVItem, of reader: TTLVReader) throws(KMIPError) {
        var fields = try reader.structure(item)
        if item.tag == .splitKey {
            self = .splitKey(try SplitKey(from: &fields))
            return
        }
        if item.tag == .template {
            self = .template(try Self.attributes(&fields))
            return
        }
        var version: Int32?
        var block: KeyBlock?
        var type: UInt32?
        var bytes: ByteBuffer?
        while let field = try fields.next() {
            switch field.tag {
            case .keyBlock: block = try fields.nested(field, KeyBlock.init(from:))
            case .secretDataType, .opaqueDataType, .certificateType: type = try fields.enumerationValue(field)
            case .opaqueDataValue, .certificateValue: bytes = try fields.bytes(field)
            case .pgpKeyVersion: version = try fields.integer(field)
            default: throw .unexpected(field)
            }
        }
        if item.tag == .pgpKey, let block, let version, type == nil, bytes == nil {
            self = .pgpKey(version: version, block)
            return
        }
        guard version == nil else { throw .value(item, "only a PGP Key has a PGP Key Version") }
        switch (item.tag, block, type, bytes) {
        case (.symmetricKey, let block?, nil, nil): self = .symmetricKey(block)
        case (.publicKey, let block?, nil, nil): self = .publicKey(block)
        case (.privateKey, let block?, nil, nil): self = .privateKey(block)
        case (.secretData, let block?, let type?, nil): self = .secretData(SecretDataType(rawValue: type), block)
        case (.opaqueObject, nil, let type?, let bytes?): self = .opaque(type: type, value: bytes)
        case (.certificate, nil, let type?, let bytes?): self = .certificate(CertificateType(rawValue: type), value: bytes)
        default: throw .value(item, "does not hold what an object of this type has")
        }
    }

    private static func attributes(_ fields: inout TTLVReader) throws(KMIPError) -> [Attribute] {
        var attributes: [Attribute] = []
        while let field = try fields.next() {
            guard field.tag == .attribute else { throw .unexpected(field) }
            attributes.append(try fields.nested(field, Attribute.init(from:)))
        }
        return attributes
    }

    /// Writes the object under its tag.
    public func encode(to writer: inout TTLVWriter) {
        switch self {
        case .symmetricKey(let block): Self.encode(block, as: .symmetricKey, to: &writer)
        case .publicKey(let block): Self.encode(block, as: .publicKey, to: &writer)
        case .privateKey(let block): Self.encode(block, as: .privateKey, to: &writer)
        case .secretData(let type, let block):
            let mark = writer.beginStructure(.secretData)
            writer.enumeration(.secretDataType, type)
            block.encode(to: &writer)
            writer.endStructure(mark)
        case .opaque(let type, let value):
            let mark = writer.beginStructure(.opaqueObject)
            writer.enumerationValue(.opaqueDataType, type)
            writer.bytes(.opaqueDataValue, value)
            writer.endStructure(mark)
        case .certificate(let type, let value):
            let mark = writer.beginStructure(.certificate)
            writer.enumeration(.certificateType, type)
            writer.bytes(.certificateValue, value)
            writer.endStructure(mark)
        case .splitKey(let key): key.encode(to: &writer)
        case .template(let attributes):
            let mark = writer.beginStructure(.template)
            for attribute in attributes { attribute.encode(to: &writer) }
            writer.endStructure(mark)
        case .pgpKey(let version, let block):
            let mark = writer.beginStructure(.pgpKey)
            writer.integer(.pgpKeyVersion, version)
            block.encode(to: &writer)
            writer.endStructure(mark)
        }
    }

    private static func encode(_ block: KeyBlock, as tag: Tag, to writer: inout TTLVWriter) {
        let mark = writer.beginStructure(tag)
        block.encode(to: &writer)
        writer.endStructure(mark)
    }
}
