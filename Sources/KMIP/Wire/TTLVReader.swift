public import NIOCore

/// The header of one TTLV item, checked: its value lies inside the structure that holds it and its padding is zero.
public struct TTLVItem: Sendable {
    public let tag: Tag
    public let type: ItemType
    /// Byte offset of the item's first byte in the message.
    public let offset: Int
    /// Length of the value in bytes, without padding.
    public let length: Int

    /// Byte offset of the value.
    @inlinable var valueOffset: Int { offset + 8 }
}

/// Reads the items of one structure, in one pass and without a copy.
///
/// A structure's decoder walks its items with ``next()`` and a `switch` over the tag, so elements out of their order, which
/// clients in the field do send, are taken; what the structure does not have is an error. Values of Byte String type are slices
/// of the message and keep it alive.
///
/// Every header is checked as it is reached: type, length against the enclosing structure, fixed lengths, zero padding.
public struct TTLVReader {
    /// Structures in structures, the message itself included.
    public static let maximumDepth = 32

    private let message: ByteBuffer
    private var cursor: Int
    private let end: Int
    private let depth: Int
    /// Byte offset in the message of the first item of this structure.
    public let start: Int

    private init(message: ByteBuffer, start: Int, end: Int, depth: Int) {
        self.message = message
        self.start = start
        self.cursor = start
        self.end = end
        self.depth = depth
    }

    /// Reads a whole message: one structure with `tag` that fills all readable bytes.
    /// - Returns: a reader of its items.
    /// - Throws: ``KMIPError`` where the outer item is not that structure, is cut off, or is followed by more bytes.
    public init(message: ByteBuffer, tag: Tag) throws(KMIPError) {
        // So that offsets count from the message's first byte.
        let message = message.slice()
        var outer = TTLVReader(message: message, start: 0, end: message.writerIndex, depth: 0)
        guard let item = try outer.next() else { throw KMIPError(.truncated, tag: tag, offset: 0, "the message is empty") }
        guard item.tag == tag else { throw .unexpected(item) }
        guard outer.cursor == outer.end else {
            throw KMIPError(.trailingBytes, tag: tag, offset: outer.cursor, "bytes follow the end of the message")
        }
        self = try outer.structure(item)
    }

    /// Reads a run of items that stand outside of any structure, such as a payload kept as a slice.
    public init(items: ByteBuffer) {
        self.init(message: items, start: items.readerIndex, end: items.writerIndex, depth: 1)
    }

    /// True once every item was read.
    public var isAtEnd: Bool { cursor == end }

    /// All bytes of this structure's items, headers included, from the first to the last.
    public var allItems: ByteBuffer {
        // Both ends lie inside the message by construction.
        message.getSlice(at: start, length: end - start) ?? ByteBuffer()
    }

    /// The next item's header, or `nil` at the end of the structure. The reader then stands behind that item.
    public mutating func next() throws(KMIPError) -> TTLVItem? {
        guard cursor < end else { return nil }
        let offset = cursor
        guard end - offset >= 8, let head = message.getInteger(at: offset, as: UInt64.self) else {
            throw KMIPError(.truncated, tag: Tag(rawValue: 0), offset: offset, "fewer than 8 bytes are left for an item's header")
        }
        let tag = Tag(rawValue: UInt32(truncatingIfNeeded: head >> 40))
        guard let type = ItemType(rawValue: UInt8(truncatingIfNeeded: head >> 32)) else {
            throw KMIPError(.type, tag: tag, offset: offset, "item type \(UInt8(truncatingIfNeeded: head >> 32)) does not exist")
        }
        let length = Int(UInt32(truncatingIfNeeded: head))
        if let fixed = type.fixedLength {
            guard length == fixed else {
                throw KMIPError(.length, tag: tag, offset: offset, "length \(length), but \(type.name) has \(fixed)")
            }
        } else if (type == .structure || type == .bigInteger), length & 7 != 0 {
            throw KMIPError(.length, tag: tag, offset: offset, "length \(length) of a \(type.name) is not a multiple of 8")
        }
        let padded = (length + 7) & ~7
        guard padded <= end - offset - 8 else {
            throw KMIPError(.truncated, tag: tag, offset: offset, "length \(length) runs past the end of what holds it")
        }
        if padded != length {
            // The last 8 bytes of the padded value hold the padding in their low end.
            let tail = message.getInteger(at: offset + padded, as: UInt64.self) ?? 0
            guard tail & ((1 << UInt64((padded - length) * 8)) - 1) == 0 else {
                throw KMIPError(.padding, tag: tag, offset: offset, "padding bytes are not zero")
            }
        }
        cursor = offset + 8 + padded
        return TTLVItem(tag: tag, type: type, offset: offset, length: length)
    }

    // MARK: Values

    @inline(__always)
    private func expect(_ type: ItemType, _ item: TTLVItem) throws(KMIPError) {
        guard item.type == type else {
            throw KMIPError(.type, tag: item.tag, offset: item.offset, "is a \(item.type.name), expected a \(type.name)")
        }
    }

    private func integer<I: FixedWidthInteger>(at offset: Int, as: I.Type = I.self) -> I {
        // `next()` has checked that the value lies inside the message.
        message.getInteger(at: offset) ?? 0
    }

    /// A reader of a structure's items.
    public func structure(_ item: TTLVItem) throws(KMIPError) -> TTLVReader {
        try expect(.structure, item)
        guard depth < Self.maximumDepth else {
            throw KMIPError(.depth, tag: item.tag, offset: item.offset, "nested deeper than \(Self.maximumDepth) structures")
        }
        return TTLVReader(message: message, start: item.valueOffset, end: item.valueOffset + item.length, depth: depth + 1)
    }

    /// An Integer. Throws ``KMIPError`` `.type` for an item of another type, as all of these do.
    public func integer(_ item: TTLVItem) throws(KMIPError) -> Int32 {
        try expect(.integer, item)
        return integer(at: item.valueOffset)
    }

    /// A Long Integer.
    public func longInteger(_ item: TTLVItem) throws(KMIPError) -> Int64 {
        try expect(.longInteger, item)
        return integer(at: item.valueOffset)
    }

    /// A Big Integer's bytes: two's complement, big-endian, sign-extended to a multiple of 8.
    public func bigInteger(_ item: TTLVItem) throws(KMIPError) -> [UInt8] {
        try expect(.bigInteger, item)
        return message.getBytes(at: item.valueOffset, length: item.length) ?? []
    }

    /// An Enumeration; a value that is not known survives.
    public func enumeration<E: KMIPEnumeration>(_ item: TTLVItem, as: E.Type = E.self) throws(KMIPError) -> E {
        try expect(.enumeration, item)
        return E(rawValue: integer(at: item.valueOffset))
    }

    /// An Enumeration as the number on the wire.
    public func enumerationValue(_ item: TTLVItem) throws(KMIPError) -> UInt32 {
        try expect(.enumeration, item)
        return integer(at: item.valueOffset)
    }

    /// A Boolean; throws `.value` for anything but 0 and 1.
    public func boolean(_ item: TTLVItem) throws(KMIPError) -> Bool {
        try expect(.boolean, item)
        switch integer(at: item.valueOffset, as: UInt64.self) {
        case 0: return false
        case 1: return true
        default: throw .value(item, "a Boolean is 0 or 1")
        }
    }

    /// A Text String; throws `.value` where it is not UTF-8.
    public func text(_ item: TTLVItem) throws(KMIPError) -> String {
        try expect(.textString, item)
        let text: String?? = message.viewBytes(at: item.valueOffset, length: item.length)
            .map { $0.withUnsafeBytes { String(validating: $0, as: UTF8.self) } }
        guard let text, let text else { throw .value(item, "the text is not UTF-8") }
        return text
    }

    /// A slice of the message: no copy; it keeps the whole message alive.
    public func bytes(_ item: TTLVItem) throws(KMIPError) -> ByteBuffer {
        try expect(.byteString, item)
        return message.getSlice(at: item.valueOffset, length: item.length) ?? ByteBuffer()
    }

    /// Seconds since 1970 UTC.
    public func dateTime(_ item: TTLVItem) throws(KMIPError) -> Int64 {
        try expect(.dateTime, item)
        return integer(at: item.valueOffset)
    }

    /// Seconds.
    public func interval(_ item: TTLVItem) throws(KMIPError) -> UInt32 {
        try expect(.interval, item)
        return integer(at: item.valueOffset)
    }

    /// The item whole, header and padding included, as a slice of the message.
    public func raw(_ item: TTLVItem) -> ByteBuffer {
        message.getSlice(at: item.offset, length: 8 + (item.length + 7) & ~7) ?? ByteBuffer()
    }

    /// Checks an item that nobody decodes, with all that it holds.
    /// - Throws: ``KMIPError`` as reading it would.
    public func validate(_ item: TTLVItem) throws(KMIPError) {
        switch item.type {
        case .structure:
            var children = try structure(item)
            while let child = try children.next() { try children.validate(child) }
        case .textString: _ = try text(item)
        case .boolean: _ = try boolean(item)
        default: break
        }
    }
}

@available(*, unavailable)
extension TTLVReader: Sendable {}
