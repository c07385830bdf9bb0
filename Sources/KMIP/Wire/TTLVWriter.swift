public import NIOCore

/// Writes TTLV into one growing buffer. A structure's length is filled in when it ends; nothing is moved.
public struct TTLVWriter {
    /// What was written so far.
    public private(set) var buffer: ByteBuffer

    /// Appends to `buffer`, which may hold earlier messages or reserved room.
    public init(buffer: ByteBuffer = ByteBuffer()) { self.buffer = buffer }

    /// Starts `headroom` bytes behind the beginning of a buffer, so that these can be written later; see ``prepend(_:to:)``.
    public init(headroom: Int) {
        buffer = ByteBuffer()
        buffer.writeRepeatingByte(0, count: headroom)
        buffer.moveReaderIndex(forwardBy: headroom)
    }

    /// Puts `head` right before the readable bytes of `buffer`, which stay where they are.
    /// - Returns: false, and nothing is done, where the room before them is too small.
    public static func prepend(_ head: ByteBuffer, to buffer: inout ByteBuffer) -> Bool {
        let start = buffer.readerIndex - head.readableBytes
        guard start >= 0 else { return false }
        buffer.setBuffer(head, at: start)
        buffer.moveReaderIndex(to: start)
        return true
    }

    /// Makes room for `count` more bytes, so that what follows is written without growing.
    public mutating func reserve(_ count: Int) { buffer.reserveCapacity(minimumWritableBytes: count) }

    /// Bytes written, from the buffer's start.
    public var count: Int { buffer.writerIndex }

    @inline(__always)
    private mutating func header(_ tag: Tag, _ type: ItemType, _ length: Int) {
        buffer.writeInteger(UInt64(tag.rawValue) << 40 | UInt64(type.rawValue) << 32 | UInt64(UInt32(truncatingIfNeeded: length)))
    }

    /// Writes a structure whose items `body` writes.
    public mutating func structure<E: Error>(_ tag: Tag, _ body: (inout TTLVWriter) throws(E) -> Void) throws(E) {
        let mark = beginStructure(tag)
        try body(&self)
        endStructure(mark)
    }

    /// Opens a structure; ``endStructure(_:)`` with the returned mark closes it. For writers that cannot use a closure.
    public mutating func beginStructure(_ tag: Tag) -> Int {
        header(tag, .structure, 0)
        return buffer.writerIndex
    }

    /// Closes the structure opened last.
    /// - Parameter following: bytes of it that will stand behind what was written, and are not written here.
    public mutating func endStructure(_ mark: Int, following: Int = 0) {
        buffer.setInteger(UInt32(truncatingIfNeeded: buffer.writerIndex - mark + following), at: mark - 4)
    }

    /// Forgets everything written after `mark`, a value of ``count`` taken earlier.
    public mutating func rewind(to mark: Int) { buffer.moveWriterIndex(to: mark) }

    /// Writes an Integer.
    public mutating func integer(_ tag: Tag, _ value: Int32) {
        header(tag, .integer, 4)
        buffer.writeInteger(UInt64(UInt32(bitPattern: value)) << 32)
    }

    /// Writes a Long Integer.
    public mutating func longInteger(_ tag: Tag, _ value: Int64) {
        header(tag, .longInteger, 8)
        buffer.writeInteger(value)
    }

    /// Two's complement, big-endian; sign-extended here to a multiple of 8 bytes.
    public mutating func bigInteger(_ tag: Tag, _ value: [UInt8]) {
        let padded = max((value.count + 7) & ~7, 8)
        header(tag, .bigInteger, padded)
        let fill: UInt8 = (value.first ?? 0) & 0x80 == 0 ? 0 : 0xFF
        buffer.writeRepeatingByte(fill, count: padded - value.count)
        buffer.writeBytes(value)
    }

    /// A Big Integer whose value `fill` completes, over zeros.
    /// - Parameter size: a multiple of 8.
    mutating func bigInteger(_ tag: Tag, size: Int, _ fill: (UnsafeMutableRawBufferPointer) -> Void) {
        header(tag, .bigInteger, size)
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: size) { room in
            let value = UnsafeMutableRawBufferPointer(rebasing: room[..<size])
            value.initializeMemory(as: UInt8.self, repeating: 0)
            fill(value)
            return size
        }
    }

    /// Gives all bytes written to `body`, to be overwritten.
    mutating func overwrite(_ body: (UnsafeMutableRawBufferPointer) -> Void) { buffer.withUnsafeMutableReadableBytes(body) }

    /// Writes an Enumeration.
    public mutating func enumeration(_ tag: Tag, _ value: some KMIPEnumeration) { enumerationValue(tag, value.rawValue) }

    /// Writes an Enumeration by its number.
    public mutating func enumerationValue(_ tag: Tag, _ value: UInt32) {
        header(tag, .enumeration, 4)
        buffer.writeInteger(UInt64(value) << 32)
    }

    /// Writes a Boolean.
    public mutating func boolean(_ tag: Tag, _ value: Bool) {
        header(tag, .boolean, 8)
        buffer.writeInteger(value ? 1 : 0, as: UInt64.self)
    }

    /// Writes a Text String, padded with zeros to a multiple of 8 bytes.
    public mutating func text(_ tag: Tag, _ value: String) {
        let length = value.utf8.count
        header(tag, .textString, length)
        buffer.writeString(value)
        pad(length)
    }

    /// Writes a Byte String: the readable bytes, padded with zeros to a multiple of 8.
    public mutating func bytes(_ tag: Tag, _ value: ByteBuffer) {
        header(tag, .byteString, value.readableBytes)
        buffer.writeImmutableBuffer(value)
        pad(value.readableBytes)
    }

    /// Writes a Byte String.
    public mutating func bytes(_ tag: Tag, _ value: some Collection<UInt8>) {
        header(tag, .byteString, value.count)
        buffer.writeBytes(value)
        pad(value.count)
    }

    /// Writes a Byte String whose value `fill` puts straight into the buffer.
    /// - Parameters:
    ///   - capacity: the most bytes that `fill` may write.
    ///   - fill: gets exactly `capacity` bytes of room and returns how many it used.
    public mutating func bytes<E: Error>(
        _ tag: Tag,
        capacity: Int,
        _ fill: (UnsafeMutableRawBufferPointer) throws(E) -> Int
    ) throws(E) {
        header(tag, .byteString, 0)
        let mark = buffer.writerIndex
        var failure: E?
        let used = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: capacity) { room in
            do throws(E) { return try fill(UnsafeMutableRawBufferPointer(rebasing: room[..<capacity])) } catch {
                failure = error
                return 0
            }
        }
        if let failure { throw failure }
        buffer.setInteger(UInt32(truncatingIfNeeded: used), at: mark - 4)
        pad(used)
    }

    /// Seconds since 1970 UTC.
    public mutating func dateTime(_ tag: Tag, _ value: Int64) {
        header(tag, .dateTime, 8)
        buffer.writeInteger(value)
    }

    /// Seconds.
    public mutating func interval(_ tag: Tag, _ value: UInt32) {
        header(tag, .interval, 4)
        buffer.writeInteger(UInt64(value) << 32)
    }

    /// Appends items that are TTLV already, from where they lie.
    public mutating func raw(_ items: UnsafeRawBufferPointer) { buffer.writeBytes(items) }

    /// Appends items that are TTLV already.
    public mutating func raw(_ items: ByteBuffer) { buffer.writeImmutableBuffer(items) }

    @inline(__always)
    private mutating func pad(_ length: Int) {
        let padding = -length & 7
        if padding > 0 { buffer.writeRepeatingByte(0, count: padding) }
    }
}

@available(*, unavailable)
extension TTLVWriter: Sendable {}
