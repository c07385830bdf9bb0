internal import NIOCore

/// The bytes of a message that comes in pieces, copied together once, when it is whole.
///
/// A buffer that grows with each piece would be copied and wiped as often as it doubles, and one of the announced size would let a peer have
/// memory for eight bytes. So pieces stay what they are until they are needed in one; small ones are put together, since each takes memory
/// of its own.
struct GatheredBytes: Sendable {
    /// So many bytes, if they have come, are in `first`.
    private static let header = 8
    /// A piece below this is appended to the one before, which is full at `fullPiece`.
    private static let smallPiece = 4 << 10
    private static let fullPiece = 64 << 10

    /// What came first, or all of it once it is joined.
    private(set) var first = ByteBuffer()
    private var rest: [ByteBuffer] = []
    /// Bytes that have come and were not taken.
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    mutating func append(_ piece: ByteBuffer) {
        let size = piece.readableBytes
        let piece = piece.storageCapacity > Self.smallPiece && piece.storageCapacity > 2 * size ? Self.own(piece) : piece
        if count == 0 {
            first = piece
        } else if rest.isEmpty, size < Self.smallPiece ? first.readableBytes < Self.fullPiece : first.readableBytes < Self.header {
            first.writeImmutableBuffer(piece)
        } else if let last = rest.indices.last, size < Self.smallPiece, rest[last].readableBytes < Self.fullPiece {
            rest[last].writeImmutableBuffer(piece)
        } else {
            rest.append(piece)
        }
        count += size
    }

    /// Takes the first `length` of the bytes that have come; more than `count` is an error of the caller.
    mutating func take(_ length: Int) -> ByteBuffer {
        join()
        guard let taken = first.readSlice(length: length) else { preconditionFailure("\(count) bytes have come, not \(length)") }
        count -= length
        if count == 0 {
            // A connection at rest holds nothing.
            first = ByteBuffer()
        } else if first.storageCapacity > Self.fullPiece, first.storageCapacity > 4 * count {
            // And one with the beginning of a message no more than that.
            first = Self.own(first)
        }
        return taken
    }

    /// The bytes in memory of their own: a part of a larger whole would keep all of that.
    private static func own(_ bytes: ByteBuffer) -> ByteBuffer {
        var own = ByteBuffer()
        own.reserveCapacity(bytes.readableBytes)
        own.writeImmutableBuffer(bytes)
        return own
    }

    /// Lets go of everything.
    mutating func clear() { self = GatheredBytes() }

    private mutating func join() {
        guard !rest.isEmpty else { return }
        var whole = ByteBuffer()
        whole.reserveCapacity(count)
        whole.writeImmutableBuffer(first)
        for piece in rest { whole.writeImmutableBuffer(piece) }
        first = whole
        rest = []
    }
}
