/// What a text may be before it is refused. All of it is checked while the text is read, before memory is taken for more.
public struct TextLimits: Sendable {
    /// Of the text, in bytes.
    public var bytes: Int
    /// Elements of XML, or objects of JSON.
    public var elements: Int
    /// Structures in structures, the message itself included; TTLV readers take no more than 32.
    public var depth: Int

    public init(bytes: Int = 16 << 20, elements: Int = 200_000, depth: Int = 32) {
        self.bytes = bytes
        self.elements = elements
        self.depth = depth
    }
}
