public import KMIP
public import NIOCore

extension TextScalar {
    /// Appends an item's value in its canonical form, unescaped and without quotes.
    ///
    /// Numbers are decimal, Big Integers and Byte Strings lower-case hexadecimal, enumerations and bits by name where all have one,
    /// else `0x…` with 8 digits; dates `2026-01-31T00:00:00+00:00` in the years 0 to 9999, else `0x…` with 16 digits.
    /// - Parameters:
    ///   - meaning: as in ``write(_:as:tag:meaning:to:)``.
    ///   - separator: between the names of bits: a blank in XML, `|` in JSON.
    /// - Throws: ``KMIPError`` where the value is malformed.
    public static func append(_ item: TTLVItem, of reader: TTLVReader, meaning: Tag?, separator: String, to buffer: inout ByteBuffer)
        throws(KMIPError)
    {
        switch item.type {
        case .structure: break
        case .integer:
            let value = try reader.integer(item)
            buffer.writeString(meaning.flatMap { BitMaskTable.names(tag: $0, value: value) }?.joined(separator: separator) ?? String(value))
        case .longInteger: buffer.writeString(String(try reader.longInteger(item)))
        case .bigInteger: buffer.writeHex(try reader.bigInteger(item))
        case .enumeration:
            let value = try reader.enumerationValue(item)
            buffer.writeString(meaning.flatMap { EnumerationTable.name(tag: $0, value: value) } ?? hexadecimal(UInt64(value), digits: 8))
        case .boolean: buffer.writeString(try reader.boolean(item) ? "true" : "false")
        case .textString: buffer.writeString(try reader.text(item))
        case .byteString: buffer.writeHex(try reader.bytes(item).readableBytesView)
        case .dateTime:
            let value = try reader.dateTime(item)
            buffer.writeString(DateText.text(value) ?? hexadecimal(UInt64(bitPattern: value), digits: 16))
        case .interval: buffer.writeString(String(try reader.interval(item)))
        }
    }

    /// `0x` and `digits` upper-case digits.
    package static func hexadecimal(_ value: UInt64, digits: Int) -> String {
        let text = String(value, radix: 16, uppercase: true)
        return "0x" + String(repeating: "0", count: max(0, digits - text.count)) + text
    }
}

extension ByteBuffer {
    /// Appends two lower-case digits a byte.
    mutating func writeHex(_ bytes: some Collection<UInt8>) {
        reserveCapacity(minimumWritableBytes: bytes.count * 2)
        for byte in bytes {
            writeInteger(Self.digit(byte >> 4))
            writeInteger(Self.digit(byte & 15))
        }
    }

    private static func digit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x57 + value }
}
