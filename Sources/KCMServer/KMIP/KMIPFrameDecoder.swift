public import NIOCore

/// Cuts a byte stream into TTLV request messages (KMIP 1.4 §9.1.1). A plain value: no channel, no clock.
///
/// The announced length is checked against the limit as soon as the eight bytes of the header are there, before anything is
/// allocated for it.
public struct KMIPFrameDecoder: Sendable {
    /// Why the stream can no longer be followed.
    public enum Failure: Error, Sendable, Equatable {
        /// The next bytes are no Request Message.
        case notARequest(tag: UInt32, type: UInt8)
        /// The message is longer than the limit, in bytes.
        case tooLarge(announced: Int, limit: Int)
        /// A structure's length is a multiple of 8.
        case badLength(Int)
    }

    /// Bytes in a message, header included.
    public let limit: Int
    private var gathered = GatheredBytes()
    /// Bytes to come of a message that was dropped.
    private var dropped = 0

    public init(limit: Int) { self.limit = limit }

    /// Takes bytes as they come, in any pieces.
    public mutating func append(_ bytes: ByteBuffer) {
        var bytes = bytes
        if dropped > 0 {
            let part = min(dropped, bytes.readableBytes)
            bytes.moveReaderIndex(forwardBy: part)
            dropped -= part
            if bytes.readableBytes == 0 { return }
        }
        gathered.append(bytes)
    }

    /// True while a message has begun and is not whole.
    public var isInsideMessage: Bool { !gathered.isEmpty }

    /// Bytes that are held of a message that is not whole, once ``next()`` has none.
    public var heldBytes: Int { gathered.count }

    /// True while the rest of a dropped message has not come.
    public var isDropping: Bool { dropped > 0 }

    /// Lets go of the message that is being received; what comes of it from now on is thrown away, and the next one is cut as ever. To be
    /// called once its header is there and ``next()`` has none.
    public mutating func drop() {
        let start = gathered.first
        guard let length = start.getInteger(at: start.readerIndex + 4, as: UInt32.self) else { return }
        dropped = Int(length) + 8 - gathered.count
        gathered.clear()
    }

    /// The next whole message, or `nil` where more bytes are needed.
    public mutating func next() throws(Failure) -> ByteBuffer? {
        let start = gathered.first
        guard let head = start.getInteger(at: start.readerIndex, as: UInt64.self) else {
            // Three wrong bytes are enough to know that this is no KMIP: a plain-text peer is not left waiting.
            if let start = start.getBytes(at: start.readerIndex, length: 3), start != [0x42, 0x00, 0x78] {
                throw .notARequest(tag: start.reduce(0) { $0 << 8 | UInt32($1) }, type: 0)
            }
            return nil
        }
        let tag = UInt32(truncatingIfNeeded: head >> 40)
        let type = UInt8(truncatingIfNeeded: head >> 32)
        guard tag == 0x420078, type == 0x01 else { throw .notARequest(tag: tag, type: type) }
        let length = Int(UInt32(truncatingIfNeeded: head))
        guard length + 8 <= limit else { throw .tooLarge(announced: length + 8, limit: limit) }
        guard length & 7 == 0 else { throw .badLength(length) }
        guard gathered.count >= length + 8 else { return nil }
        return gathered.take(length + 8)
    }
}

extension KMIPFrameDecoder.Failure {
    /// For the client's Result Message.
    var text: String {
        switch self {
        case .notARequest: "The bytes are no KMIP Request Message"
        case .tooLarge(let announced, let limit): "The message has \(announced) bytes; the server takes \(limit)"
        case .badLength(let length): "The length \(length) of the message is not a multiple of 8"
        }
    }
}
