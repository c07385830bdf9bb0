internal import KMIP
internal import NIOCore

/// Writes the elements of an XML text.
struct XMLWriter: TTLVTextWriter {
    private(set) var buffer = ByteBuffer()
    private let isIndented: Bool
    private var depth = 0
    /// The opening tag written last is still without its `>`: an empty structure becomes `<Name/>`.
    private var isOpen = false

    init(indented: Bool, capacity: Int) {
        isIndented = indented
        buffer.reserveCapacity(capacity)
    }

    mutating func begin(_ tag: Tag) {
        open(tag)
        isOpen = true
        depth += 1
    }

    mutating func end(_ tag: Tag) {
        depth -= 1
        if isOpen {
            buffer.writeStaticString("/>")
            isOpen = false
        } else {
            indent()
            buffer.writeStaticString("</")
            buffer.writeString(tag.name ?? "TTLV")
            buffer.writeStaticString(">")
        }
        if isIndented { buffer.writeStaticString("\n") }
    }

    mutating func scalar(_ item: TTLVItem, of reader: TTLVReader, meaning: Tag?) throws(KMIPTextError) {
        open(item.tag)
        buffer.writeStaticString(" type=\"")
        buffer.writeString(item.type.name)
        buffer.writeStaticString("\" value=\"")
        do throws(KMIPError) {
            if item.type == .textString {
                let text = try reader.text(item)
                guard Self.escape(text, to: &buffer) else { throw KMIPError.value(item, "a character that XML cannot hold") }
            } else {
                try TextScalar.append(item, of: reader, meaning: meaning, separator: " ", to: &buffer)
            }
        } catch { throw KMIPTextError(error.code == .value && item.type == .textString ? .value : .message, "\(error)") }
        buffer.writeStaticString("\"/>")
        if isIndented { buffer.writeStaticString("\n") }
    }

    private mutating func open(_ tag: Tag) {
        if isOpen {
            buffer.writeStaticString(">")
            if isIndented { buffer.writeStaticString("\n") }
            isOpen = false
        }
        indent()
        buffer.writeStaticString("<")
        if let name = tag.name {
            buffer.writeString(name)
        } else {
            buffer.writeStaticString("TTLV tag=\"")
            buffer.writeString(TextScalar.hexadecimal(UInt64(tag.rawValue), digits: 6))
            buffer.writeStaticString("\"")
        }
    }

    private mutating func indent() {
        if isIndented { buffer.writeRepeatingByte(0x20, count: depth * 2) }
    }

    /// Blanks other than the space are written as references: a parser makes spaces of them otherwise (XML 1.0 §3.3.3).
    private static func escape(_ text: String, to buffer: inout ByteBuffer) -> Bool {
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": buffer.writeStaticString("&amp;")
            case "<": buffer.writeStaticString("&lt;")
            case ">": buffer.writeStaticString("&gt;")
            case "\"": buffer.writeStaticString("&quot;")
            case "\t": buffer.writeStaticString("&#9;")
            case "\n": buffer.writeStaticString("&#10;")
            case "\r": buffer.writeStaticString("&#13;")
            case _ where scalar.value < 0x20 || scalar.value == 0xFFFE || scalar.value == 0xFFFF: return false
            default: buffer.writeBytes(UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            }
        }
        return true
    }
}

@available(*, unavailable)
extension XMLWriter: Sendable {}
