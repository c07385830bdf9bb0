/// A version of the protocol, as *Protocol Version* states it (KMIP 1.4 §6.1).
public struct ProtocolVersion: Hashable, Comparable, Sendable {
    /// *Protocol Version Major*.
    public let major: Int32
    /// *Protocol Version Minor*.
    public let minor: Int32

    /// Any version, whether or not it exists.
    @inlinable
    public init(major: Int32, minor: Int32) {
        self.major = major
        self.minor = minor
    }

    /// KMIP 1.0.
    public static let v1_0 = ProtocolVersion(major: 1, minor: 0)
    /// KMIP 1.1.
    public static let v1_1 = ProtocolVersion(major: 1, minor: 1)
    /// KMIP 1.2.
    public static let v1_2 = ProtocolVersion(major: 1, minor: 2)
    /// KMIP 1.3.
    public static let v1_3 = ProtocolVersion(major: 1, minor: 3)
    /// KMIP 1.4.
    public static let v1_4 = ProtocolVersion(major: 1, minor: 4)

    /// Older versions come first.
    @inlinable
    public static func < (lhs: ProtocolVersion, rhs: ProtocolVersion) -> Bool {
        (lhs.major, lhs.minor) < (rhs.major, rhs.minor)
    }
}

extension ProtocolVersion: CustomStringConvertible {
    /// `1.4`.
    public var description: String { "\(major).\(minor)" }
}
