public import KMIP

extension Tag {
    /// A tag as the text encodings write it: its name, or three bytes as `0x54ABCD`.
    public init?(text: String) {
        if let known = Tag(name: text) {
            self = known
            return
        }
        guard text.hasPrefix("0x"), text.utf8.count == 8, let value = UInt32(text.dropFirst(2), radix: 16), value > 0 else { return nil }
        self.init(rawValue: value)
    }

    /// The tag that an attribute's value would have were it an item of its own: its names for enumerations and bits are those of the
    /// attribute. Nil for custom attributes.
    package static func of(attribute name: String) -> Tag? {
        Tag(name: name.filter { $0.isASCII && ($0.isLetter || $0.isNumber) })
    }
}
