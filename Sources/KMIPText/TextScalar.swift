public import KMIP

/// The values of the TTLV types as text: what XML and JSON have in common (KMIP Additional Message Encodings §2.2 and §3.2).
///
/// Text is taken as bytes and goes straight into the message: key material never becomes a string. Values may stand between blanks;
/// numbers may be decimal or `0x…`.
public enum TextScalar {
    /// Writes an item from its text.
    /// - Parameters:
    ///   - text: UTF-8; read during the call only.
    ///   - meaning: the tag whose names of enumerations and bits hold: `tag` itself, or that of the attribute whose value this is.
    /// - Returns: false where the text is no value of that type; then nothing was written. A structure never is one.
    public static func write(_ text: UnsafeBufferPointer<UInt8>, as type: ItemType, tag: Tag, meaning: Tag?, to writer: inout TTLVWriter) -> Bool {
        switch type {
        case .structure: return false
        case .integer:
            guard let value = integer(text.trimmed, meaning: meaning) else { return false }
            writer.integer(tag, value)
        case .longInteger:
            guard let value = longInteger(text.trimmed) else { return false }
            writer.longInteger(tag, value)
        case .bigInteger:
            let digits = text.trimmed.withoutHexPrefix
            guard digits.count > 0, let bytes = digits.hexBytes() else { return false }
            writer.bigInteger(tag, bytes)
        case .enumeration:
            guard let value = enumeration(text.trimmed, meaning: meaning) else { return false }
            writer.enumerationValue(tag, value)
        case .boolean:
            guard let value = boolean(text.trimmed) else { return false }
            writer.boolean(tag, value)
        case .textString:
            guard let value = text.text else { return false }
            writer.text(tag, value)
        case .byteString:
            let digits = text.trimmed
            guard digits.isHex else { return false }
            writer.bytes(tag, capacity: digits.count / 2) { digits.fillHex($0) }
        case .dateTime:
            guard let value = dateTime(text.trimmed) else { return false }
            writer.dateTime(tag, value)
        case .interval:
            guard let value: UInt32 = text.trimmed.hexNumber() ?? text.trimmed.decimalNumber() else { return false }
            writer.interval(tag, value)
        }
        return true
    }

    /// What a type's text looks like, for an error.
    package static func shape(of type: ItemType) -> String {
        switch type {
        case .structure: "a Structure has items and no value"
        case .integer: "an Integer is a decimal number of 32 bits, 0x and up to 8 digits, or the names of bits"
        case .longInteger: "a Long Integer is a decimal number of 64 bits, or 0x and up to 16 digits"
        case .bigInteger: "a Big Integer is an even number of hexadecimal digits"
        case .enumeration: "an Enumeration is one of its names, or 0x and up to 8 digits"
        case .boolean: "a Boolean is true or false"
        case .textString: "a Text String is UTF-8"
        case .byteString: "a Byte String is an even number of hexadecimal digits"
        case .dateTime: "a Date-Time is such as 2026-01-31T00:00:00+00:00, or 0x and up to 16 digits"
        case .interval: "an Interval is a number of seconds of 32 bits"
        }
    }

    private static func integer(_ text: UnsafeBufferPointer<UInt8>, meaning: Tag?) -> Int32? {
        if let value: Int32 = text.decimalNumber() { return value }
        if let bits: UInt32 = text.hexNumber() { return Int32(bitPattern: bits) }
        guard let meaning, BitMaskTable.has(meaning), let words = text.text else { return nil }
        var mask: Int32 = 0
        var isEmpty = true
        for word in words.utf8.split(whereSeparator: { $0 == 0x20 || $0 == 0x7C || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }) {
            guard let bit = BitMaskTable.value(tag: meaning, name: String(Substring(word))) else { return nil }
            mask |= bit
            isEmpty = false
        }
        return isEmpty ? nil : mask
    }

    private static func longInteger(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
        if let value: Int64 = text.decimalNumber() { return value }
        let bits: UInt64? = text.hexNumber()
        return bits.map { Int64(bitPattern: $0) }
    }

    private static func enumeration(_ text: UnsafeBufferPointer<UInt8>, meaning: Tag?) -> UInt32? {
        if let value: UInt32 = text.hexNumber() { return value }
        guard let meaning, let name = text.text else { return nil }
        return EnumerationTable.value(tag: meaning, name: name)
    }

    private static func boolean(_ text: UnsafeBufferPointer<UInt8>) -> Bool? {
        switch text.text {
        case "true", "1": true
        case "false", "0": false
        default: nil
        }
    }

    private static func dateTime(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
        if let bits: UInt64 = text.hexNumber() { return Int64(bitPattern: bits) }
        return DateText.seconds(text)
    }
}
