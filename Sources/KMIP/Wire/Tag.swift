/// A KMIP tag: three bytes on the wire, `0x42xxxx` for the standard's, `0x54xxxx` for extensions (KMIP 1.4 §9.1.1.1, §9.1.3.1).
///
/// Open: a tag that no version defines survives a round trip.
public struct Tag: RawRepresentable, Hashable, Sendable {
    /// The three bytes, big-endian, in the low 24 bits.
    public let rawValue: UInt32

    /// Any tag; the upper 8 bits are expected to be zero.
    @inlinable
    public init(rawValue: UInt32) { self.rawValue = rawValue }
}

extension Tag: CustomStringConvertible {
    /// The name, or `0x54ABCD`.
    public var description: String { name ?? rawValue.hexadecimal(digits: 6) }
}
