import KCMAccess
@testable import KCMServer
import KCMService
import NIOCore
import NIOEmbedded
import Testing

/// The handler on a channel without a socket.
@Suite struct KMIPConnectionHandlerTests {
    static let peer = Peer(
        principal: nil,
        certificate: CertificateIdentity(subject: "", subjectAlternativeNames: [], issuer: "", serial: "", fingerprint: ""),
        chain: [],
        remoteAddress: "",
        transport: .kmip
    )

    private func channel(_ responder: EchoResponder, _ sink: RecordingSink = RecordingSink()) throws -> EmbeddedChannel {
        let loop = EmbeddedEventLoop()
        let turn = AuditTurn(loop: loop, queue: AuditQueue(sink: sink, pool: nil), logger: LogLines().logger)
        let handler = KMIPConnectionHandler(watch: PeerWatch(Self.peer), responder: responder, turn: turn, limits: ServerLimits())
        return EmbeddedChannel(handler: handler, loop: loop)
    }

    @Test func eachAnswerLeavesInOneWrite() throws {
        let channel = try channel(EchoResponder())
        try channel.writeInbound(Frames.request(.large))
        channel.embeddedEventLoop.run()
        #expect(try channel.readOutbound(as: ByteBuffer.self)?.readableBytes == (1 << 20) + 8)
        #expect(try channel.readOutbound(as: ByteBuffer.self) == nil)
    }

    @Test func aPeerThatDoesNotReadGetsNoFurtherAnswers() throws {
        let responder = EchoResponder()
        let channel = try channel(responder)
        var all = ByteBuffer()
        for id in 0..<10 { all.writeImmutableBuffer(Frames.request(.large, id: UInt8(id))) }
        channel.isWritable = false
        try channel.writeInbound(all)
        channel.embeddedEventLoop.run()
        #expect(responder.exchanges.isEmpty)
        channel.isWritable = true
        channel.pipeline.fireChannelWritabilityChanged()
        channel.embeddedEventLoop.run()
        #expect(responder.exchanges.count == 10)
    }

    @Test func nothingIsTakenAfterAMalformedMessage() throws {
        let responder = EchoResponder()
        let channel = try channel(responder)
        var bytes = ByteBuffer(string: "no KMIP.")
        bytes.writeImmutableBuffer(Frames.request())
        try channel.writeInbound(bytes)
        channel.embeddedEventLoop.run()
        #expect(responder.malformed.count == 1)
        #expect(responder.exchanges.isEmpty)
        #expect(!channel.isActive)
    }

    /// A pipeline whose end is in the socket yet when the server stops, since nothing is read while its beginning waits for answers.
    @Test func whatWasSentAheadIsReadToItsEnd() throws {
        let responder = EchoResponder()
        let channel = try channel(responder)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        var all = Frames.request(id: 1)
        all.writeImmutableBuffer(Frames.request(id: 2))
        try channel.writeInbound(all)
        channel.pipeline.fireUserInboundEventTriggered(DrainRequest())
        channel.embeddedEventLoop.advanceTime(by: ServerLimits.lastRead)
        #expect(responder.exchanges.count == 2 && channel.isActive)
        try channel.writeInbound(Frames.request(id: 3))
        channel.embeddedEventLoop.advanceTime(by: ServerLimits.lastRead)
        #expect(responder.exchanges.count == 3)
        // And so on, but not for ever.
        var rounds = 0
        while channel.isActive, rounds < 100 {
            rounds += 1
            try channel.writeInbound(all)
            channel.embeddedEventLoop.advanceTime(by: ServerLimits.lastRead)
        }
        #expect((15...20).contains(rounds))
        #expect(responder.exchanges.count == 3 + 2 * rounds)
    }

    @Test func aPipelineThatIsReadToItsEndIsLeft() throws {
        let channel = try channel(EchoResponder())
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        var all = Frames.request(id: 1)
        all.writeImmutableBuffer(Frames.request(id: 2))
        try channel.writeInbound(all)
        channel.pipeline.fireUserInboundEventTriggered(DrainRequest())
        channel.embeddedEventLoop.advanceTime(by: ServerLimits.lastRead)
        #expect(channel.isActive)
        channel.embeddedEventLoop.advanceTime(by: ServerLimits.lastRead)
        #expect(!channel.isActive)
    }

    @Test func whoWaitsForEachAnswerIsLeftInTime() throws {
        let responder = EchoResponder()
        let channel = try channel(responder)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        try channel.writeInbound(Frames.request())
        channel.pipeline.fireUserInboundEventTriggered(DrainRequest())
        channel.embeddedEventLoop.advanceTime(by: ServerLimits.lastRead)
        #expect(responder.exchanges.count == 1 && !channel.isActive)
    }

    /// Counts the reads that reach the socket.
    private final class Reads: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer
        private(set) var count = 0
        func read(context: ChannelHandlerContext) {
            count += 1
            context.read()
        }
    }

    @Test func oneReadIsHeldWhileAnAnswerIsAwaited() throws {
        let responder = EchoResponder()
        let channel = try channel(responder)
        let reads = Reads()
        try channel.pipeline.syncOperations.addHandler(reads, position: .first)
        try channel.writeInbound(Frames.request())
        #expect(responder.exchanges.count == 1)
        channel.read()
        #expect(reads.count == 1)
        // Pipelined behind an answer that waits for the end of the turn: held, and nothing further is read.
        try channel.writeInbound(Frames.request())
        channel.read()
        channel.read()
        #expect(reads.count == 1)
        #expect(responder.exchanges.count == 1)
        channel.embeddedEventLoop.run()
        #expect(responder.exchanges.count == 2)
        #expect(reads.count == 2)
    }
}
