import Foundation
import KCMAccess
import NIOCore
import NIOEmbedded
import Testing

@testable import KCMServer
@testable import KCMService

/// What becomes of an HTTP connection when the server drains, in the order of events that a busy one has.
@Suite struct HTTPDrainTests {
    private let loop = EmbeddedEventLoop()
    private let responder = EchoResponder()
    private let channel: EmbeddedChannel

    init() throws {
        let certificate = CertificateIdentity(subject: "", subjectAlternativeNames: [], issuer: "", serial: "", fingerprint: "")
        let principal = Principal(tenant: "acme", service: "app", roles: [], certificate: certificate)
        let watch = PeerWatch(Peer(principal: principal, certificate: certificate, chain: [], remoteAddress: "", transport: .https))
        let turn = AuditTurn(loop: loop, queue: AuditQueue(sink: RecordingSink(), pool: nil), logger: LogLines().logger)
        channel = EmbeddedChannel(loop: loop)
        let intake = try HTTPIntake.install(in: channel)
        let handler = KMIPHTTPHandler(watch: watch, responder: responder, turn: turn, limits: ServerLimits(), intake: intake)
        try channel.pipeline.syncOperations.addHandler(handler)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    }

    private func request(_ count: Int) -> ByteBuffer {
        var bytes = ByteBuffer()
        for _ in 0..<count {
            let frame = Frames.request()
            let head = ["POST /kmip HTTP/1.1", "Host: x", "Content-Type: application/octet-stream", "Content-Length: \(frame.readableBytes)"]
            bytes.writeString(head.joined(separator: "\r\n") + "\r\n\r\n")
            bytes.writeImmutableBuffer(frame)
        }
        return bytes
    }

    private func send(_ count: Int) throws { try channel.writeInbound(request(count)) }

    private func received() throws -> String {
        var text = ""
        while let bytes = try channel.readOutbound(as: ByteBuffer.self) { text += String(buffer: bytes) }
        return text
    }

    private func answer() {
        for _ in 0..<3 {
            loop.run()
            loop.advanceTime(by: AuditTurn.look)
        }
    }

    /// A pipeline that comes in two reads, with the drain between them.
    @Test func whatWasSentAheadIsReadToItsEnd() throws {
        try send(2)
        channel.pipeline.fireUserInboundEventTriggered(DrainRequest())
        answer()
        #expect(responder.exchanges.count == 2)
        #expect(channel.isActive)
        try send(3)
        answer()
        #expect(responder.exchanges.count == 5)
        #expect(try received().components(separatedBy: "HTTP/1.1 200").count - 1 == 5)
        loop.advanceTime(by: ServerLimits.lastRead)
        #expect(!channel.isActive)
    }

    /// The beginning of the next request, and more behind that.
    @Test func whatHasBegunIsReadToItsEnd() throws {
        let two = request(2)
        try channel.writeInbound(two.getSlice(at: 0, length: two.readableBytes - 4))
        channel.pipeline.fireUserInboundEventTriggered(DrainRequest())
        answer()
        #expect(responder.exchanges.count == 1 && channel.isActive)
        try channel.writeInbound(two.getSlice(at: two.readableBytes - 4, length: 4))
        answer()
        try send(1)
        answer()
        #expect(responder.exchanges.count == 3 && channel.isActive)
        loop.advanceTime(by: ServerLimits.lastRead)
        #expect(!channel.isActive)
    }

    /// Who goes on sending ahead is told when the time for that is over, and what had come is answered.
    @Test func aPipelineWithoutEndIsEnded() throws {
        try send(2)
        channel.pipeline.fireUserInboundEventTriggered(DrainRequest())
        answer()
        var rounds = 0
        while channel.isActive, rounds < 100 {
            rounds += 1
            loop.advanceTime(by: .milliseconds(40))
            try send(2)
            answer()
        }
        #expect((20...26).contains(rounds))
        #expect(responder.exchanges.count == 2 + 2 * rounds)
        let text = try received()
        #expect(text.components(separatedBy: "HTTP/1.1 200").count - 1 == 2 + 2 * rounds)
        #expect(text.components(separatedBy: "Connection: close").count - 1 == 1)
    }

    @Test func whoWaitsForEachAnswerIsToldWithTheLast() throws {
        try send(1)
        channel.pipeline.fireUserInboundEventTriggered(DrainRequest())
        answer()
        #expect(try received().contains("Connection: close"))
        #expect(!channel.isActive)
    }

    @Test func whoIsIdleIsLeftWhenItsSocketIsRead() throws {
        try send(1)
        answer()
        channel.pipeline.fireUserInboundEventTriggered(DrainRequest())
        answer()
        #expect(channel.isActive)
        try send(1)
        answer()
        #expect(try received().contains("Connection: close"))
        #expect(responder.exchanges.count == 2 && !channel.isActive)
    }
}
