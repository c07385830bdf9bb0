import KCMWire
import NIOCore
import NIOEmbedded
import Testing

/// What stays behind of bytes that were handed on.
@Suite struct PlaintextHandlerTests {
    @Test func whatIsHandedOnIsWipedWhereItStood() throws {
        let channel = EmbeddedChannel(handler: PlaintextHandler())
        var kept = channel.allocator.buffer(capacity: 4096)
        kept.writeString("before|")
        let start = kept.writerIndex
        kept.writeString("the plaintext of a message")
        let end = kept.writerIndex
        kept.writeString("|behind")

        try channel.writeInbound(try #require(kept.getSlice(at: start, length: end - start)))

        #expect(try channel.readInbound(as: ByteBuffer.self) == ByteBuffer(string: "the plaintext of a message"))
        let expected = "before|" + String(repeating: "\0", count: end - start) + "|behind"
        #expect(kept.getString(at: 0, length: kept.readableBytes) == expected)
    }

    @Test func nothingIsNothing() {
        #expect(ByteBuffer().movingOut(allocator: ByteBufferAllocator()) == ByteBuffer())
    }
}
