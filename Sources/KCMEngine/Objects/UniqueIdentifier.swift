internal import KCMCrypto

/// A Unique Identifier that this service makes: the level, a hyphen, a lower-case UUID (design §2).
///
/// To clients it is an opaque text. Anything that is not of this form names no object.
public enum UniqueIdentifier {
    /// The level that the text shows, whether or not the rest is well-formed; `nil` where it shows none.
    ///
    /// The test is on the first three bytes, so that a refusal by level needs no look-up.
    public static func level(of text: String) -> Level? {
        var bytes = text.utf8.makeIterator()
        guard bytes.next() == UInt8(ascii: "L"), let digit = bytes.next(), bytes.next() == UInt8(ascii: "-") else { return nil }
        switch digit {
        case UInt8(ascii: "2"): return .l2
        case UInt8(ascii: "3"): return .l3
        case UInt8(ascii: "4"): return .l4
        default: return nil
        }
    }

    /// True for exactly the texts that ``make(_:)`` can return.
    public static func isWellFormed(_ text: String) -> Bool {
        guard level(of: text) != nil, text.utf8.count == 39 else { return false }
        for (index, byte) in text.utf8.dropFirst(3).enumerated() {
            switch index {
            case 8, 13, 18, 23: guard byte == UInt8(ascii: "-") else { return false }
            default:
                guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
                else { return false }
            }
        }
        return true
    }

    /// A new identifier with a random UUID (RFC 9562 version 4).
    /// - Throws: `CryptoError` where the random generator fails.
    public static func make(_ level: Level) throws -> String {
        var bytes = try Random.bytes(16)
        bytes[6] = bytes[6] & 0x0F | 0x40
        bytes[8] = bytes[8] & 0x3F | 0x80
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = Array(level.name.utf8) + [UInt8(ascii: "-")]
        text.reserveCapacity(39)
        for (index, byte) in bytes.enumerated() {
            if [4, 6, 8, 10].contains(index) { text.append(UInt8(ascii: "-")) }
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}
