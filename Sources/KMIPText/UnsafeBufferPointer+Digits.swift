/// Reading text that is bytes. Every view is used within the call that was given the bytes.
extension UnsafeBufferPointer<UInt8> {
    /// The same as text; nil where it is not UTF-8.
    var text: String? { String(validating: self, as: UTF8.self) }

    /// Without blanks at both ends.
    var trimmed: UnsafeBufferPointer<UInt8> {
        guard let first = firstIndex(where: { !Self.isBlank($0) }), let last = lastIndex(where: { !Self.isBlank($0) }) else {
            return UnsafeBufferPointer(rebasing: self[0..<0])
        }
        return UnsafeBufferPointer(rebasing: self[first...last])
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }

    /// A decimal number with an optional sign; nil for anything else, and for one that `I` cannot hold.
    func decimalNumber<I: FixedWidthInteger>() -> I? {
        guard let first else { return nil }
        let isNegative = first == UInt8(ascii: "-")
        let start = isNegative || first == UInt8(ascii: "+") ? 1 : 0
        guard start < count else { return nil }
        var value: I = 0
        for byte in self[start...] {
            guard (0x30...0x39).contains(byte), let digit = I(exactly: byte - 0x30) else { return nil }
            let (shifted, over) = value.multipliedReportingOverflow(by: 10)
            let (next, past) = isNegative ? shifted.subtractingReportingOverflow(digit) : shifted.addingReportingOverflow(digit)
            if over || past { return nil }
            value = next
        }
        return value
    }

    /// Without a leading `0x`.
    var withoutHexPrefix: UnsafeBufferPointer<UInt8> {
        guard count >= 2, self[0] == UInt8(ascii: "0"), self[1] | 0x20 == UInt8(ascii: "x") else { return self }
        return UnsafeBufferPointer(rebasing: self[2...])
    }

    /// `0x` and as many hexadecimal digits as `I` can hold, at most; nil for anything else.
    func hexNumber<I: FixedWidthInteger & UnsignedInteger>() -> I? {
        let digits = withoutHexPrefix
        guard digits.count < count, !digits.isEmpty, digits.count <= I.bitWidth / 4 else { return nil }
        var value: I = 0
        for byte in digits {
            guard let digit = Self.hexDigit(byte) else { return nil }
            value = value << 4 | I(digit)
        }
        return value
    }

    /// An even number of hexadecimal digits and nothing else; none at all is even.
    var isHex: Bool { count % 2 == 0 && allSatisfy { Self.hexDigit($0) != nil } }

    /// The bytes that the digits stand for; nil unless ``isHex``.
    func hexBytes() -> [UInt8]? {
        guard isHex else { return nil }
        return [UInt8](unsafeUninitializedCapacity: count / 2) { room, used in used = fillHex(UnsafeMutableRawBufferPointer(room)) }
    }

    /// Puts the bytes that the digits stand for into `room`, which has `count / 2` bytes; the digits are known to be ``isHex``.
    func fillHex(_ room: UnsafeMutableRawBufferPointer) -> Int {
        for index in 0..<count / 2 {
            let high = Self.hexDigit(self[2 * index]) ?? 0
            let low = Self.hexDigit(self[2 * index + 1]) ?? 0
            room[index] = high << 4 | low
        }
        return count / 2
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x37
        case 0x61...0x66: byte - 0x57
        default: nil
        }
    }
}
