/// A name of an object, unique within its tenant (KMIP 1.4 §3.2).
public struct Name: Sendable, Hashable {
    public var value: String
    public var type: NameType

    /// A structure of these items.
    public init(_ value: String, type: NameType = .uninterpretedTextString) {
        self.value = value
        self.type = type
    }

    /// Decodes the items of the structure.
    public init(from reader: inout TTLVReader) throws(KMIPError) {
        var value: String?
        var type: NameType?
        while let item = try reader.next() {
            switch item.tag {
            case .nameValue: value = try reader.text(item)
            case .nameType: type = try reader.enumeration(item)
            default: throw .unexpected(item)
            }
        }
        guard let value else { throw .missing(.nameValue, in: reader) }
        guard let type else { throw .missing(.nameType, in: reader) }
        self.init(value, type: type)
    }

    /// As the value of a Name attribute.
    public var attributeValue: AttributeValue {
        .structure([.init(.nameValue, .text(value)), .init(.nameType, .enumeration(type.rawValue))])
    }

    /// From the value of a Name attribute; `nil` where it is not one.
    public init?(_ attributeValue: AttributeValue) {
        guard case .text(let value)? = attributeValue[.nameValue], case .enumeration(let type)? = attributeValue[.nameType] else {
            return nil
        }
        self.init(value, type: NameType(rawValue: type))
    }
}
