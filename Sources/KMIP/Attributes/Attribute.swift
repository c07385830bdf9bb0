/// An attribute as KMIP 1.x messages carry it: name, index, value (KMIP 1.4 §2.1.1).
public struct Attribute: Hashable, Sendable {
    public let name: AttributeName
    /// Which of several instances; `nil` stands for 0 in requests and is left out in responses for 0.
    public let index: Int32?
    /// `nil` only in requests that name an attribute without a value.
    public let value: AttributeValue?

    public init(_ name: AttributeName, index: Int32? = nil, _ value: AttributeValue?) {
        self.name = name
        self.index = index
        self.value = value
    }

    /// Decodes the items of an Attribute structure.
    public init(from reader: inout TTLVReader) throws(KMIPError) {
        var name: String?
        var index: Int32?
        var value: AttributeValue?
        while let item = try reader.next() {
            switch item.tag {
            case .attributeName where name == nil: name = try reader.text(item)
            case .attributeIndex where index == nil: index = try reader.integer(item)
            case .attributeValue where value == nil: value = try AttributeValue(item, of: reader)
            case .attributeName, .attributeIndex, .attributeValue: throw .duplicate(item)
            default: throw .unexpected(item)
            }
        }
        guard let name else { throw .missing(.attributeName, in: reader) }
        self.init(AttributeName(rawValue: name), index: index, value)
    }

    /// Writes an Attribute structure.
    public func encode(to writer: inout TTLVWriter) {
        let mark = writer.beginStructure(.attribute)
        writer.text(.attributeName, name.rawValue)
        if let index, index != 0 { writer.integer(.attributeIndex, index) }
        value?.encode(as: .attributeValue, to: &writer)
        writer.endStructure(mark)
    }
}
