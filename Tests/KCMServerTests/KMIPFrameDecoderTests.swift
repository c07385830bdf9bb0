import KCMServer
import NIOCore
import Testing

/// Cutting a stream into messages, in whatever pieces it comes.
@Suite struct KMIPFrameDecoderTests {
    private func frame(_ body: Int) -> ByteBuffer {
        var buffer = ByteBuffer(bytes: [0x42, 0x00, 0x78, 0x01])
        buffer.writeInteger(UInt32(body))
        buffer.writeRepeatingByte(UInt8(truncatingIfNeeded: body), count: body)
        return buffer
    }

    private func decode(_ bytes: ByteBuffer, pieces: Int, limit: Int = 4096) throws -> [ByteBuffer] {
        var decoder = KMIPFrameDecoder(limit: limit)
        var rest = bytes
        var frames: [ByteBuffer] = []
        while let piece = rest.readSlice(length: min(pieces, rest.readableBytes)), piece.readableBytes > 0 {
            decoder.append(piece)
            while let frame = try decoder.next() { frames.append(frame) }
        }
        #expect(!decoder.isInsideMessage)
        return frames
    }

    @Test(arguments: [1, 2, 3, 7, 8, 9, 16, 1000])
    func messagesComeOutAsTheyWere(_ pieces: Int) throws {
        let frames = [frame(0), frame(8), frame(1024), frame(16)]
        var all = ByteBuffer()
        for one in frames { all.writeImmutableBuffer(one) }
        #expect(try decode(all, pieces: pieces) == frames)
    }

    @Test(arguments: [1, 5, 100, 2000])
    func aDroppedMessageIsSkippedToItsEnd(_ pieces: Int) throws {
        var decoder = KMIPFrameDecoder(limit: 4096)
        var rest = frame(1024)
        let first = rest.readSlice(length: 200)
        decoder.append(try #require(first))
        #expect(try decoder.next() == nil)
        #expect(decoder.heldBytes == 200)
        decoder.drop()
        #expect(decoder.heldBytes == 0 && decoder.isDropping && !decoder.isInsideMessage)
        rest.writeImmutableBuffer(frame(16))
        var frames: [ByteBuffer] = []
        while let piece = rest.readSlice(length: min(pieces, rest.readableBytes)), piece.readableBytes > 0 {
            decoder.append(piece)
            while let frame = try decoder.next() { frames.append(frame) }
        }
        #expect(frames == [frame(16)] && !decoder.isDropping)
    }

    @Test func theLimitCountsBeforeTheBodyIsThere() throws {
        var decoder = KMIPFrameDecoder(limit: 64)
        var head = ByteBuffer(bytes: [0x42, 0x00, 0x78, 0x01])
        head.writeInteger(UInt32.max & ~7)
        decoder.append(head)
        #expect(throws: KMIPFrameDecoder.Failure.tooLarge(announced: Int(UInt32.max & ~7) + 8, limit: 64)) { try decoder.next() }
        #expect(try decode(frame(56), pieces: 64, limit: 64).count == 1)
        #expect(throws: KMIPFrameDecoder.Failure.self) { try decode(frame(64), pieces: 64, limit: 64) }
    }

    @Test(arguments: ["GET / HTTP/1.1\r\n", "\u{16}\u{03}\u{01}\u{02}", "xyz"])
    func whatIsNoRequestIsToldAtOnce(_ text: String) {
        var decoder = KMIPFrameDecoder(limit: 4096)
        decoder.append(ByteBuffer(string: text))
        #expect(throws: KMIPFrameDecoder.Failure.self) { try decoder.next() }
    }

    @Test func aResponseOrAnOddLengthIsNoRequest() {
        for bytes: [UInt8] in [[0x42, 0, 0x7B, 1, 0, 0, 0, 0], [0x42, 0, 0x78, 2, 0, 0, 0, 4], [0x42, 0, 0x78, 1, 0, 0, 0, 4]] {
            var decoder = KMIPFrameDecoder(limit: 4096)
            decoder.append(ByteBuffer(bytes: bytes))
            #expect(throws: KMIPFrameDecoder.Failure.self) { try decoder.next() }
        }
    }
}
