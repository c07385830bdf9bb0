import KCMAccess
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import KCMServer
@testable import KCMService

/// Tenants take turns on an event loop, whichever way their requests come.
@Suite struct TurnsOfTenantsTests {
    enum Transport: CaseIterable { case kmip, https }

    /// Answers at once, and counts what has come of messages on the load's account.
    private final class Counting: Responder {
        let echo = EchoResponder()
        let load = LoadControl(LoadControl.Limits())
        func respond(to exchange: Exchange, from peer: Peer) -> Reply { echo.respond(to: exchange, from: peer) }
        func refuse(malformed text: String, from peer: Peer) -> Answer { echo.refuse(malformed: text, from: peer) }
        func refuse(unaudited exchange: Exchange, from peer: Peer) -> Answer { echo.refuse(unaudited: exchange, from: peer) }
        func unfinishedBytes(of peer: Peer) -> UnfinishedBytes { UnfinishedBytes(load, tenant: peer.principal?.tenant ?? "") }
        func count(_ tenant: String) -> Int { echo.peers.count { $0.principal?.tenant == tenant } }
    }

    private let loop = EmbeddedEventLoop()
    private let responder = Counting()
    private let turn: AuditTurn
    private let share = TurnOrder<Int>.share

    /// Tenants are remembered for longer than a machine stands still.
    init() {
        let queue = AuditQueue(sink: RecordingSink(), pool: nil)
        turn = AuditTurn(loop: loop, queue: queue, logger: LogLines().logger, order: TurnOrder(memory: .minutes(5)))
    }

    private func channel(_ tenant: String, _ transport: Transport) throws -> EmbeddedChannel {
        let certificate = CertificateIdentity(subject: "", subjectAlternativeNames: [], issuer: "", serial: "", fingerprint: "")
        let principal = Principal(tenant: tenant, service: "app", roles: [], certificate: certificate)
        let watch = PeerWatch(Peer(principal: principal, certificate: certificate, chain: [], remoteAddress: "", transport: .kmip))
        let limits = ServerLimits()
        switch transport {
        case .kmip:
            return EmbeddedChannel(handler: KMIPConnectionHandler(watch: watch, responder: responder, turn: turn, limits: limits), loop: loop)
        case .https:
            let handler = KMIPHTTPHandler(watch: watch, responder: responder, turn: turn, limits: limits, intake: HTTPIntake())
            return EmbeddedChannel(handler: handler, loop: loop)
        }
    }

    private func send(_ frame: ByteBuffer, to channel: EmbeddedChannel, _ transport: Transport) throws {
        switch transport {
        case .kmip: try channel.writeInbound(frame)
        case .https:
            let headers: HTTPHeaders = ["content-type": "application/octet-stream", "content-length": "\(frame.readableBytes)"]
            let head = HTTPRequestHead(version: .http1_1, method: .POST, uri: "/kmip", headers: headers)
            try channel.writeInbound(HTTPServerRequestPart.head(head))
            try channel.writeInbound(HTTPServerRequestPart.body(frame))
            try channel.writeInbound(HTTPServerRequestPart.end(nil))
        }
    }

    /// Twenty connections of each of two tenants, each with a request, one tenant after the other.
    private func twenty(_ transport: Transport, frame: ByteBuffer = Frames.request()) throws -> (acme: [EmbeddedChannel], globex: [EmbeddedChannel]) {
        let acme = try (0..<20).map { _ in try channel("acme", transport) }
        let globex = try (0..<20).map { _ in try channel("globex", transport) }
        try send(frame, to: globex[0], transport)
        for index in 0..<20 {
            try send(frame, to: acme[index], transport)
            if index > 0 { try send(frame, to: globex[index], transport) }
        }
        return (acme, globex)
    }

    @Test(arguments: Transport.allCases) func eachHasItsShareOfATurn(_ transport: Transport) throws {
        let (acme, globex) = try twenty(transport)
        loop.run()
        // The first of all was alone.
        #expect(responder.count("acme") == share)
        #expect((share...share + 1).contains(responder.count("globex")))
        loop.advanceTime(by: AuditTurn.look)
        #expect(responder.count("acme") == 2 * share)
        loop.advanceTime(by: AuditTurn.look)
        #expect(responder.count("acme") == 20 && responder.count("globex") == 20)
        for channel in acme + globex { #expect(try channel.finish(acceptAlreadyClosed: true).hasLeftOvers, "its answer") }
    }

    @Test(arguments: Transport.allCases) func whoLeavesWhileItWaitsIsNotAnswered(_ transport: Transport) throws {
        let (acme, globex) = try twenty(transport)
        loop.run()
        for channel in acme.suffix(4) { channel.close(promise: nil) }
        for _ in 0..<4 { loop.advanceTime(by: AuditTurn.look) }
        #expect(responder.count("acme") == 16 && responder.count("globex") == 20)
        for channel in acme + globex { _ = try channel.finish(acceptAlreadyClosed: true) }
    }

    @Test func aRequestThatWaitsForItsTurnCountsAsReceived() throws {
        var large = ByteBuffer(bytes: [0x42, 0x00, 0x78, 0x01, 0, 1, 0, 0])
        large.writeRepeatingByte(0, count: 1 << 16)
        let halves = (
            large.getSlice(at: 0, length: 60_000) ?? ByteBuffer(), large.getSlice(at: 60_000, length: large.readableBytes - 60_000) ?? ByteBuffer()
        )
        // Both tenants have more than their share, so that the next has to wait.
        let (acme, globex) = try twenty(.kmip)
        let last = try channel("acme", .kmip)
        try last.writeInbound(halves.0)
        let counted = responder.load.underWay.bytes
        #expect(counted > 0)
        try last.writeInbound(halves.1)
        #expect(responder.load.underWay.bytes == counted)
        for _ in 0..<4 {
            loop.run()
            loop.advanceTime(by: AuditTurn.look)
        }
        #expect(responder.count("acme") == 21)
        #expect(responder.load.underWay.bytes == 0)
        for channel in acme + globex + [last] { _ = try channel.finish(acceptAlreadyClosed: true) }
    }
}
