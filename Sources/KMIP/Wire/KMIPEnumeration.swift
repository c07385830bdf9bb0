/// An enumeration of the standard (KMIP 1.4 §9.1.3): four bytes on the wire, and open, because vendors and later versions add values.
public protocol KMIPEnumeration: RawRepresentable, Hashable, Sendable, CustomStringConvertible where RawValue == UInt32 {
    /// Any value, whether or not a version defines it.
    init(rawValue: UInt32)
    /// The value of a name in the XML and JSON encodings; nil for a name that is not known.
    init?(name: String)
    /// The name in the XML and JSON encodings; nil for a value that KMIP 1.0 to 1.4 does not define.
    var name: String? { get }
    /// The first version that defines the value; nil for one that KMIP 1.0 to 1.4 does not define.
    var since: ProtocolVersion? { get }
}

extension KMIPEnumeration {
    /// The name, or `0x80000001`.
    public var description: String { name ?? rawValue.hexadecimal(digits: 8) }
}
