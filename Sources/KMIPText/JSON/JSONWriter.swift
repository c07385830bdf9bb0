internal import KMIP
internal import NIOCore

/// Writes the objects of a JSON text.
struct JSONWriter: TTLVTextWriter {
    /// Readers of JSON that keep numbers as doubles hold whole numbers up to 2^53 exactly; the encoding's own bound is 2^52.
    private static let exact: ClosedRange<Int64> = -(1 << 52)...(1 << 52)

    private(set) var buffer = ByteBuffer()
    private let isIndented: Bool
    private var depth = 0
    /// Nothing stands before the next item in its array.
    private var isFirst = true

    init(indented: Bool, capacity: Int) {
        isIndented = indented
        buffer.reserveCapacity(capacity)
    }

    mutating func begin(_ tag: Tag) {
        open(tag)
        buffer.writeStaticString(", \"value\": [")
        depth += 1
        isFirst = true
    }

    mutating func end(_ tag: Tag) {
        depth -= 1
        if !isFirst { breakLine() }
        buffer.writeStaticString("]}")
        isFirst = false
    }

    mutating func scalar(_ item: TTLVItem, of reader: TTLVReader, meaning: Tag?) throws(KMIPTextError) {
        open(item.tag)
        buffer.writeStaticString(", \"type\": \"")
        buffer.writeString(item.type.name)
        buffer.writeStaticString("\", \"value\": ")
        do throws(KMIPError) { try value(of: item, reader, meaning) } catch { throw KMIPTextError(.message, "\(error)") }
        buffer.writeStaticString("}")
        isFirst = false
    }

    private mutating func value(of item: TTLVItem, _ reader: TTLVReader, _ meaning: Tag?) throws(KMIPError) {
        switch item.type {
        case .textString: return escape(try reader.text(item))
        case .bigInteger:
            buffer.writeStaticString("\"0x")
            try TextScalar.append(item, of: reader, meaning: meaning, separator: "|", to: &buffer)
            buffer.writeStaticString("\"")
        case .longInteger where !Self.exact.contains(try reader.longInteger(item)):
            buffer.writeString("\"\(TextScalar.hexadecimal(UInt64(bitPattern: try reader.longInteger(item)), digits: 16))\"")
        case .boolean, .longInteger, .interval: try TextScalar.append(item, of: reader, meaning: meaning, separator: "|", to: &buffer)
        case .integer where try isNumber(item, reader, meaning):
            try TextScalar.append(item, of: reader, meaning: meaning, separator: "|", to: &buffer)
        default:
            buffer.writeStaticString("\"")
            try TextScalar.append(item, of: reader, meaning: meaning, separator: "|", to: &buffer)
            buffer.writeStaticString("\"")
        }
    }

    /// Not the names of bits.
    private func isNumber(_ item: TTLVItem, _ reader: TTLVReader, _ meaning: Tag?) throws(KMIPError) -> Bool {
        let value = try reader.integer(item)
        return meaning.flatMap { BitMaskTable.names(tag: $0, value: value) } == nil
    }

    private mutating func open(_ tag: Tag) {
        if !isFirst { buffer.writeStaticString(isIndented ? "," : ", ") }
        if depth > 0 { breakLine() }
        buffer.writeStaticString("{\"tag\": \"")
        buffer.writeString(tag.name ?? TextScalar.hexadecimal(UInt64(tag.rawValue), digits: 6))
        buffer.writeStaticString("\"")
    }

    private mutating func breakLine() {
        guard isIndented else { return }
        buffer.writeStaticString("\n")
        buffer.writeRepeatingByte(0x20, count: depth * 2)
    }

    /// A JSON string; RFC 8259 §7 asks for escapes of quotes, backslashes and control characters only.
    private mutating func escape(_ text: String) {
        buffer.writeStaticString("\"")
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): buffer.writeStaticString("\\\"")
            case UInt8(ascii: "\\"): buffer.writeStaticString("\\\\")
            case 0..<0x20:
                let digits = String(byte, radix: 16)
                buffer.writeString("\\u" + String(repeating: "0", count: 4 - digits.count) + digits)
            default: buffer.writeInteger(byte)
            }
        }
        buffer.writeStaticString("\"")
    }
}

@available(*, unavailable)
extension JSONWriter: Sendable {}
