internal import KMIP
internal import NIOCore

/// Builds a TTLV message from the elements of an XML text.
final class XMLMessageReceiver: XMLReceiver {
    private var builder: TTLVBuilder
    /// Between the tags of an item that is no structure.
    private var isInScalar = false

    init(limits: TextLimits, capacity: Int) { builder = TTLVBuilder(limits: limits, capacity: capacity) }

    func start(_ element: XMLElement) throws(KMIPTextError) {
        builder.line = element.line
        let name = try Self.name(of: element, builder)
        guard !isInScalar else { throw builder.error(.structure, "an item with a value holds no items", at: name) }
        let value = element.bytes("value")
        guard let type = try Self.type(of: element, name, builder) else {
            guard value == nil else { throw builder.error(.type, "a value, and no type", at: name) }
            return try builder.begin(name)
        }
        guard type != .structure else {
            guard value == nil else { throw builder.error(.structure, TextScalar.shape(of: type), at: name) }
            return try builder.begin(name)
        }
        // An empty value may be left out where the type has one.
        guard let text = value ?? (type == .textString || type == .byteString ? UnsafeBufferPointer(start: nil, count: 0) : nil) else {
            throw builder.error(.value, "there is no value", at: name)
        }
        try builder.scalar(name, type, text)
        isInScalar = true
    }

    func end(line: Int) throws(KMIPTextError) {
        if isInScalar { isInScalar = false } else { builder.end() }
    }

    func text(line: Int) throws(KMIPTextError) { throw Self.unexpectedText(line: line) }

    func finish() throws(KMIPTextError) -> ByteBuffer { try builder.finish() }

    /// The element's name, or for `<TTLV tag="…">` what stands in `tag`.
    static func name(of element: XMLElement, _ place: TTLVBuilder) throws(KMIPTextError) -> String {
        let name = element.name
        guard name == "TTLV" else { return name }
        guard let tag = element.text("tag") else { throw place.error(.tag, "there is no tag", at: name) }
        return tag
    }

    /// What stands in `type`; nil where there is no such attribute.
    static func type(of element: XMLElement, _ name: String, _ place: TTLVBuilder) throws(KMIPTextError) -> ItemType? {
        guard let word = element.text("type") else { return nil }
        guard let type = ItemType(name: word) else { throw place.error(.type, "no type has this name", at: name) }
        return type
    }
}

@available(*, unavailable)
extension XMLMessageReceiver: Sendable {}
