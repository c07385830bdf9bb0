public import KMIP
public import NIOCore

/// Builds a TTLV message from a text as it is read: a parser of XML or JSON calls ``begin(_:)``, ``scalar(_:_:_:)`` and ``end()`` in the
/// order of the text. The tables of names, the limits and the places in errors are here, so that every text encoding means the same.
public struct TTLVBuilder {
    private struct Level {
        let name: String
        let mark: Int
        /// What the Attribute Name said: the tag whose names hold for the Attribute Value that follows.
        var attribute: Tag?
    }

    /// Where the parser is, for errors; from 1.
    public var line = 0
    private let limits: TextLimits
    private var writer: TTLVWriter
    private var levels: [Level] = []
    private var elements = 0
    private var isDone = false

    /// - Parameter capacity: bytes to make room for.
    public init(limits: TextLimits, capacity: Int = 0) {
        self.limits = limits
        writer = TTLVWriter()
        writer.reserve(capacity)
    }

    /// Opens a structure.
    /// - Parameter name: its tag's name, or `0x…`.
    public mutating func begin(_ name: String) throws(KMIPTextError) {
        let tag = try count(name)
        guard levels.count < limits.depth else { throw error(.limit, "nested deeper than \(limits.depth) structures", at: name) }
        guard !levels.isEmpty || !isDone else { throw error(.structure, "a message is one structure", at: name) }
        levels.append(Level(name: name, mark: writer.beginStructure(tag)))
    }

    /// Closes the structure that was opened last; a parser that has seen its text balance calls it as often as ``begin(_:)``.
    public mutating func end() {
        guard let level = levels.popLast() else { return }
        writer.endStructure(level.mark)
        if levels.isEmpty { isDone = true }
    }

    /// Adds an item that is no structure.
    /// - Parameters:
    ///   - name: its tag's name, or `0x…`.
    ///   - text: its value; UTF-8, read during the call only.
    public mutating func scalar(_ name: String, _ type: ItemType, _ text: UnsafeBufferPointer<UInt8>) throws(KMIPTextError) {
        let tag = try count(name)
        guard let last = levels.indices.last else { throw error(.structure, "a message is one structure", at: name) }
        let meaning = tag == .attributeValue ? levels[last].attribute : tag
        guard TextScalar.write(text, as: type, tag: tag, meaning: meaning, to: &writer) else {
            throw error(.value, TextScalar.shape(of: type), at: name)
        }
        if tag == .attributeName, type == .textString { levels[last].attribute = text.text.flatMap { Tag.of(attribute: $0) } }
    }

    /// The message.
    /// - Throws: ``KMIPTextError`` `.structure` where there is none, or one that is not closed.
    public consuming func finish() throws(KMIPTextError) -> ByteBuffer {
        guard isDone, levels.isEmpty else { throw error(.structure, "there is no whole message") }
        return writer.buffer
    }

    /// An error at this place.
    /// - Parameter name: of the element that is not opened yet; nil for the structure opened last.
    public func error(_ code: KMIPTextError.Code, _ detail: String, at name: String? = nil) -> KMIPTextError {
        // A name that no table knows can be as long as the text.
        let shown = name.map { String($0.prefix(64)) }
        return KMIPTextError(code, path: (levels.map(\.name) + (shown.map { [$0] } ?? [])).joined(separator: "/"), line: line, detail)
    }

    private mutating func count(_ name: String) throws(KMIPTextError) -> Tag {
        elements += 1
        guard elements <= limits.elements else { throw error(.limit, "more than \(limits.elements) items") }
        guard let tag = Tag(text: name) else { throw error(.tag, "no tag has this name", at: name) }
        return tag
    }
}

@available(*, unavailable)
extension TTLVBuilder: Sendable {}
