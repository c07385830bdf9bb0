internal import NIOCore

/// An attribute's value of any item type (KMIP 1.4 §2.1.1). Attributes are small; bulk data never comes this way.
public indirect enum AttributeValue: Hashable, Sendable {
    case structure([Field])
    case integer(Int32)
    case longInteger(Int64)
    /// Two's complement, big-endian.
    case bigInteger([UInt8])
    case enumeration(UInt32)
    case boolean(Bool)
    case text(String)
    case bytes([UInt8])
    /// Seconds since 1970 UTC.
    case dateTime(Int64)
    /// Seconds.
    case interval(UInt32)

    /// One item of a structure.
    public struct Field: Hashable, Sendable {
        public let tag: Tag
        public let value: AttributeValue
        public init(_ tag: Tag, _ value: AttributeValue) {
            self.tag = tag
            self.value = value
        }
    }

    /// Reads the value of `item`, whatever its tag.
    public init(_ item: TTLVItem, of reader: TTLVReader) throws(KMIPError) {
        switch item.type {
        case .structure:
            var fields: [Field] = []
            var children = try reader.structure(item)
            while let child = try children.next() {
                fields.append(Field(child.tag, try AttributeValue(child, of: children)))
            }
            self = .structure(fields)
        case .integer: self = .integer(try reader.integer(item))
        case .longInteger: self = .longInteger(try reader.longInteger(item))
        case .bigInteger: self = .bigInteger(try reader.bigInteger(item))
        case .enumeration: self = .enumeration(try reader.enumerationValue(item))
        case .boolean: self = .boolean(try reader.boolean(item))
        case .textString: self = .text(try reader.text(item))
        case .byteString: self = .bytes(Array(try reader.bytes(item).readableBytesView))
        case .dateTime: self = .dateTime(try reader.dateTime(item))
        case .interval: self = .interval(try reader.interval(item))
        }
    }

    /// Writes the value under `tag`.
    public func encode(as tag: Tag, to writer: inout TTLVWriter) {
        switch self {
        case .structure(let fields):
            let mark = writer.beginStructure(tag)
            for field in fields { field.value.encode(as: field.tag, to: &writer) }
            writer.endStructure(mark)
        case .integer(let value): writer.integer(tag, value)
        case .longInteger(let value): writer.longInteger(tag, value)
        case .bigInteger(let value): writer.bigInteger(tag, value)
        case .enumeration(let value): writer.enumerationValue(tag, value)
        case .boolean(let value): writer.boolean(tag, value)
        case .text(let value): writer.text(tag, value)
        case .bytes(let value): writer.bytes(tag, value)
        case .dateTime(let value): writer.dateTime(tag, value)
        case .interval(let value): writer.interval(tag, value)
        }
    }

    /// The item type it has on the wire.
    public var type: ItemType {
        switch self {
        case .structure: .structure
        case .integer: .integer
        case .longInteger: .longInteger
        case .bigInteger: .bigInteger
        case .enumeration: .enumeration
        case .boolean: .boolean
        case .text: .textString
        case .bytes: .byteString
        case .dateTime: .dateTime
        case .interval: .interval
        }
    }

    /// The first item with `tag` of a structure; `nil` elsewhere.
    public subscript(tag: Tag) -> AttributeValue? {
        guard case .structure(let fields) = self else { return nil }
        return fields.first { $0.tag == tag }?.value
    }
}
