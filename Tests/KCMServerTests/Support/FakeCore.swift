import KCMCrypto
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// A TLS server in Core's place that lets connections go at chosen points of a request, and counts what reached it.
struct FakeCore: Sendable {
    /// Where a connection ends.
    enum End: Sendable, CaseIterable {
        case beforeReading, afterHalf, afterAll, withinAnswer
        /// The answer is whole; then the connection closes, unannounced.
        case afterAnswer
        /// Kept alive.
        case never
        /// Kept alive, and never answered.
        case unanswered
        /// Kept alive; the answer is HTTP's 403.
        case forbidden
    }

    /// What happened, for all connections.
    private final class Ledger: Sendable {
        struct State {
            var ends: [End]
            var connections: [any Channel] = []
            var requests: [[UInt8]] = []
        }
        let state: Mutex<State>

        init(_ ends: [End]) { state = Mutex(State(ends: ends)) }

        func next() -> End { state.withLock { $0.ends.count > 1 ? $0.ends.removeFirst() : $0.ends[0] } }
        func took(_ bytes: [UInt8]) { state.withLock { $0.requests.append(bytes) } }
    }

    let port: Int
    private let listener: any Channel
    private let ledger: Ledger

    /// Requests of which a half or more was read, in order: the bytes that were.
    var requests: [[UInt8]] { ledger.state.withLock { $0.requests } }
    var connections: Int { ledger.state.withLock { $0.connections.count } }

    /// Listens.
    /// - Parameters:
    ///   - ends: one for each request, then the last for all others.
    ///   - purposes: of its certificate; none is a certificate that does not say.
    init(
        _ pki: TestPKI,
        ends: [End],
        purposes: Set<CertificatePurpose> = [.server],
        group: MultiThreadedEventLoopGroup
    ) async throws {
        let identity = try pki.server("fake-core", purposes: purposes)
        let context = try NIOSSLContext(
            configuration: .makeServerConfiguration(
                certificateChain: try NIOSSLCertificate.fromPEMFile(identity.certificate).map { .certificate($0) },
                privateKey: .privateKey(try NIOSSLPrivateKey(file: identity.key, format: .pem))
            )
        )
        let ledger = Ledger(ends)
        self.ledger = ledger
        listener = try await ServerBootstrap(group: group)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    ledger.state.withLock { $0.connections.append(channel) }
                    try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
                    try channel.pipeline.syncOperations.addHandler(Connection(ledger))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        port = listener.localAddress?.port ?? 0
    }

    /// Listens no more, and ends every connection. May be called again.
    func close() async {
        try? await listener.close()
        for channel in ledger.state.withLock({ $0.connections }) { try? await channel.close() }
    }

    /// Reads requests as far as it is to, and answers with the message that came.
    private final class Connection: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let ledger: Ledger
        private var end: End?
        private var read: [UInt8] = []

        init(_ ledger: Ledger) { self.ledger = ledger }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            read += Array(unwrapInboundIn(data).readableBytesView)
            let end = end ?? ledger.next()
            self.end = end
            if end == .beforeReading { return drop(context) }
            guard let size = Self.size(read) else { return }
            if end == .afterHalf {
                ledger.took(Array(read.prefix(size.head + size.body / 2)))
                return drop(context)
            }
            guard read.count >= size.head + size.body else { return }
            ledger.took(read)
            if end == .afterAll { return drop(context) }
            if end == .unanswered { return }
            let body = Array(read[size.head..<size.head + size.body])
            let status = end == .forbidden ? "403 Forbidden" : "200 OK"
            var answer = ByteBuffer(string: "HTTP/1.1 \(status)\r\ncontent-type: application/octet-stream\r\ncontent-length: \(body.count)\r\n\r\n")
            answer.writeBytes(end == .withinAnswer ? Array(body.prefix(body.count / 2)) : body)
            (read, self.end) = ([], nil)
            context.writeAndFlush(wrapOutboundOut(answer), promise: nil)
            if end != .never, end != .forbidden { drop(context) }
        }

        private func drop(_ context: ChannelHandlerContext) { context.close(promise: nil) }

        /// Bytes of the head, and of the body that it announces.
        private static func size(_ bytes: [UInt8]) -> (head: Int, body: Int)? {
            let text = String(decoding: bytes, as: UTF8.self)
            guard let end = (0..<max(bytes.count - 3, 0)).first(where: { Array(bytes[$0..<$0 + 4]) == Array("\r\n\r\n".utf8) }),
                let line = text.split(separator: "\r\n").first(where: { $0.lowercased().hasPrefix("content-length:") }),
                let body = line.split(separator: " ").last.flatMap({ Int($0) })
            else { return nil }
            return (end + 4, body)
        }
    }
}
