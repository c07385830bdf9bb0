internal import KMIP
internal import KMIPText
internal import NIOCore

/// Values and their text, both ways, with the rules of the XML encoding.
enum ValueText {
    /// The value of a literal; nil where it is none of that type.
    static func value(_ text: String, _ type: ItemType, meaning: Tag?) -> AttributeValue? {
        var writer = TTLVWriter()
        let isValue = Array(text.utf8).withUnsafeBufferPointer {
            TextScalar.write($0, as: type, tag: .attributeValue, meaning: meaning, to: &writer)
        }
        guard isValue else { return nil }
        var reader = TTLVReader(items: writer.buffer)
        do {
            guard let item = try reader.next() else { return nil }
            return try AttributeValue(item, of: reader)
        } catch { return nil }
    }

    /// A value for people; long ones are cut.
    static func text(_ value: AttributeValue, meaning: Tag?) -> String {
        var writer = TTLVWriter()
        value.encode(as: .attributeValue, to: &writer)
        var reader = TTLVReader(items: writer.buffer)
        var buffer = ByteBuffer()
        do {
            guard let item = try reader.next() else { return "nothing" }
            guard item.type != .structure else { return "a structure" }
            try TextScalar.append(item, of: reader, meaning: meaning, separator: " ", to: &buffer)
        } catch { return "a malformed value" }
        return short(String(buffer: buffer))
    }

    /// At most 80 characters; the empty text as `""`.
    static func short(_ text: String) -> String {
        guard !text.isEmpty else { return "\"\"" }
        return text.count <= 80 ? text : "\(text.prefix(60))… (\(text.count) characters)"
    }
}

extension AttributeValue {
    /// The fields of a structure; none for anything else.
    var fields: [Field] {
        guard case .structure(let fields) = self else { return [] }
        return fields
    }

    /// The text of a Text String.
    var textValue: String? {
        guard case .text(let text) = self else { return nil }
        return text
    }

    /// A Big Integer without the bytes that only extend the sign; anything else as it is.
    var withoutSignExtension: AttributeValue {
        guard case .bigInteger(let bytes) = self else { return self }
        var start = 0
        while start + 1 < bytes.count, (bytes[start] == 0 && bytes[start + 1] < 0x80) || (bytes[start] == 0xFF && bytes[start + 1] >= 0x80) {
            start += 1
        }
        return .bigInteger(Array(bytes[start...]))
    }
}
