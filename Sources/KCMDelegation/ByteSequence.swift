/// A byte sequence of RFC 8941: `:base64:`.
enum ByteSequence {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func field(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = [UInt8(ascii: ":")]
        text.reserveCapacity(bytes.count / 3 * 4 + 8)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let word = group.enumerated().reduce(UInt32(0)) { $0 | UInt32($1.element) << (16 - 8 * UInt32($1.offset)) }
            for position in 0..<4 {
                text.append(position <= group.count ? alphabet[Int(word >> (18 - 6 * UInt32(position)) & 63)] : UInt8(ascii: "="))
            }
        }
        text.append(UInt8(ascii: ":"))
        return String(decoding: text, as: UTF8.self)
    }
}
