public import KMIP
public import NIOCore

/// Writes the items of a TTLV message as text, in the order of the message.
public protocol TTLVTextWriter {
    /// A structure opens.
    mutating func begin(_ tag: Tag) throws(KMIPTextError)
    /// An item that is no structure; ``TextScalar/append(_:of:meaning:separator:to:)`` gives its text.
    mutating func scalar(_ item: TTLVItem, of reader: TTLVReader, meaning: Tag?) throws(KMIPTextError)
    /// The structure opened last closes.
    mutating func end(_ tag: Tag) throws(KMIPTextError)
}

/// Walks through a TTLV message and hands each item to a writer, with the tag whose names of enumerations and bits hold for it.
public enum TTLVWalker {
    /// - Parameter message: one structure that fills all readable bytes.
    /// - Throws: ``KMIPTextError`` `.message` where it is malformed, and what `writer` throws.
    public static func walk(_ message: ByteBuffer, into writer: inout some TTLVTextWriter) throws(KMIPTextError) {
        guard let head: UInt32 = message.getInteger(at: message.readerIndex) else { throw KMIPTextError(.message, "the message is empty") }
        let tag = Tag(rawValue: head >> 8)
        let reader = try wellFormed { () throws(KMIPError) in try TTLVReader(message: message, tag: tag) }
        try structure(tag, reader, into: &writer)
    }

    private static func structure(_ tag: Tag, _ items: TTLVReader, into writer: inout some TTLVTextWriter) throws(KMIPTextError) {
        var reader = items
        var attribute: Tag?
        try writer.begin(tag)
        while let item = try wellFormed({ () throws(KMIPError) in try reader.next() }) {
            if item.type == .structure {
                let children = try wellFormed { () throws(KMIPError) in try reader.structure(item) }
                try structure(item.tag, children, into: &writer)
                continue
            }
            if item.tag == .attributeName, item.type == .textString {
                attribute = Tag.of(attribute: try wellFormed { () throws(KMIPError) in try reader.text(item) })
            }
            try writer.scalar(item, of: reader, meaning: item.tag == .attributeValue ? attribute : item.tag)
        }
        try writer.end(tag)
    }

    /// Turns what the reader of TTLV throws into the error of this target.
    package static func wellFormed<T>(_ body: () throws(KMIPError) -> T) throws(KMIPTextError) -> T {
        do { return try body() } catch { throw KMIPTextError(.message, "\(error)") }
    }
}
