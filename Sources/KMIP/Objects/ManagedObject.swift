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
    /// Deprecated since KMIP 1.3.
    case template([Attribute])
    /// KMIP 1.2; the OpenPGP version.
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
        switch item.tag {
        case .splitKey:
            self = .splitKey(try reader.nested(item, SplitKey.init(from:)))
            return
        case .template:
            self = .template(try reader.nested(item, TemplateAttribute.init(from:)).attributes)
            return
        default: break
        }
        var fields = try reader.structure(item)
        var block: KeyBlock?
        var type: UInt32?
        var bytes: ByteBuffer?
        while let field = try fields.next() {
            switch field.tag {
            case .keyBlock where block == nil: block = try fields.nested(field, KeyBlock.init(from:))
            case .secretDataType where type == nil, .opaqueDataType where type == nil, .certificateType where type == nil:
                type = try fields.enumerationValue(field)
            case .pgpKeyVersion where type == nil: type = UInt32(bitPattern: try fields.integer(field))
            case .opaqueDataValue where bytes == nil, .certificateValue where bytes == nil: bytes = try fields.bytes(field)
            case .keyBlock, .secretDataType, .opaqueDataType, .certificateType, .pgpKeyVersion, .opaqueDataValue, .certificateValue:
                throw .duplicate(field)
            default: throw .unexpected(field)
            }
        }
        switch (item.tag, block, type, bytes) {
        case (.symmetricKey, let block?, nil, nil): self = .symmetricKey(block)
        case (.publicKey, let block?, nil, nil): self = .publicKey(block)
        case (.privateKey, let block?, nil, nil): self = .privateKey(block)
        case (.secretData, let block?, let type?, nil): self = .secretData(SecretDataType(rawValue: type), block)
        case (.opaqueObject, nil, let type?, let bytes?): self = .opaque(type: type, value: bytes)
        case (.certificate, nil, let type?, let bytes?): self = .certificate(CertificateType(rawValue: type), value: bytes)
        case (.pgpKey, let block?, let version?, nil): self = .pgpKey(version: Int32(bitPattern: version), block)
        default: throw .value(item, "does not hold what an object of this type has")
        }
    }

    /// Writes the object under its tag.
    public func encode(to writer: inout TTLVWriter) {
        switch self {
        case .symmetricKey(let block): Self.encode(block, as: .symmetricKey, to: &writer)
        case .publicKey(let block): Self.encode(block, as: .publicKey, to: &writer)
        case .privateKey(let block): Self.encode(block, as: .privateKey, to: &writer)
        case .secretData(let type, let block):
            Self.encode(block, as: .secretData, to: &writer) { $0.enumeration(.secretDataType, type) }
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
        case .splitKey(let part): part.encode(to: &writer)
        case .template(let attributes):
            let mark = writer.beginStructure(.template)
            for attribute in attributes { attribute.encode(to: &writer) }
            writer.endStructure(mark)
        case .pgpKey(let version, let block):
            Self.encode(block, as: .pgpKey, to: &writer) { $0.integer(.pgpKeyVersion, version) }
        }
    }

    private static func encode(
        _ block: KeyBlock,
        as tag: Tag,
        to writer: inout TTLVWriter,
        before: (inout TTLVWriter) -> Void = { _ in }
    ) {
        let mark = writer.beginStructure(tag)
        before(&writer)
        block.encode(to: &writer)
        writer.endStructure(mark)
    }
}
