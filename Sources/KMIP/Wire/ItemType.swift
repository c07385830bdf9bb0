/// The ten item types of TTLV (KMIP 1.4 §9.1.1.2).
public enum ItemType: UInt8, Sendable, Hashable, CaseIterable {
    case structure = 0x01
    case integer = 0x02
    case longInteger = 0x03
    case bigInteger = 0x04
    case enumeration = 0x05
    case boolean = 0x06
    case textString = 0x07
    case byteString = 0x08
    case dateTime = 0x09
    case interval = 0x0A

    /// The length in bytes that the type fixes, before padding; `nil` where the length varies.
    var fixedLength: Int? {
        switch self {
        case .integer, .enumeration, .interval: 4
        case .longInteger, .boolean, .dateTime: 8
        case .structure, .bigInteger, .textString, .byteString: nil
        }
    }

    /// The type that KMIP XML and JSON call `name`; nil for a name that is not known.
    public init?(name: String) {
        guard let type = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = type
    }

    /// The name as KMIP XML and JSON spell it, used in error texts.
    public var name: String {
        switch self {
        case .structure: "Structure"
        case .integer: "Integer"
        case .longInteger: "LongInteger"
        case .bigInteger: "BigInteger"
        case .enumeration: "Enumeration"
        case .boolean: "Boolean"
        case .textString: "TextString"
        case .byteString: "ByteString"
        case .dateTime: "DateTime"
        case .interval: "Interval"
        }
    }
}
