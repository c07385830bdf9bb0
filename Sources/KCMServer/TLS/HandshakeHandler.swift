internal import KCMAccess
internal import KCMEngine
internal import KCMService
internal import Logging
internal import NIOCore
internal import NIOSSL
internal import NIOTLS

/// Stands behind TLS until the handshake is done: makes the ``Peer``, then gives its place to the protocol's handlers.
///
/// The certificate is judged twice: in the handshake, so that a bad one fails it, and again when it is completed, because a resumed
/// session skips the first and may be older than a certificate's end or a revocation list.
final class HandshakeHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let trust: TrustSource
    private let responder: any Responder
    private let transport: Peer.Transport
    private let limit: TimeAmount
    private let logger: Logger
    private let install: (any Channel, PeerWatch) throws -> Void
    private let turn: AuditTurn
    private var timeout: Scheduled<Void>?
    private var isDone = false
    /// Kept from the start: a peer that is gone has no address any more, and the log line should say whose it was.
    private var remote = "unknown"
    /// What the verification callback was shown.
    private let shown: ShownChain

    init(
        trust: TrustSource,
        responder: any Responder,
        transport: Peer.Transport,
        limit: TimeAmount,
        shown: ShownChain,
        logger: Logger,
        turn: AuditTurn,
        install: @escaping (any Channel, PeerWatch) throws -> Void
    ) {
        self.turn = turn
        self.trust = trust
        self.responder = responder
        self.transport = transport
        self.limit = limit
        self.shown = shown
        self.logger = logger
        self.install = install
    }

    /// Carries the chain from the verification callback to the handler of the same connection. Used on its event loop alone.
    final class ShownChain {
        var chain: [[UInt8]] = []
        /// Why the callback refused it, for the one log line.
        var refusal: String?
    }

    func handlerAdded(context: ChannelHandlerContext) {
        if let address = context.remoteAddress { remote = Self.text(address) }
        timeout = context.eventLoop.assumeIsolated().scheduleTask(in: limit) {
            self.fail(context, "the handshake took longer than \(self.limit.nanoseconds / 1_000_000) ms")
        }
    }

    func channelActive(context: ChannelHandlerContext) {
        if let address = context.remoteAddress { remote = Self.text(address) }
        context.fireChannelActive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { timeout?.cancel() }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is DrainRequest { return context.close(promise: nil) }
        guard let event = event as? TLSUserEvent, case .handshakeCompleted = event else {
            return context.fireUserInboundEventTriggered(event)
        }
        var chain = shown.chain
        if chain.isEmpty, let leaf = try? context.pipeline.syncOperations.nioSSL_peerCertificate()?.toDERBytes() {
            chain = trust.chain(resuming: leaf)
        }
        guard !chain.isEmpty else { return fail(context, "the client sent no certificate") }
        switch trust.authenticate(chain: chain, now: WallClock.now / 1_000_000_000) {
        case .failure(let refusal): fail(context, refusal.text)
        case .success(let verified):
            isDone = true
            timeout?.cancel()
            let peer = Peer(
                principal: verified.principal,
                certificate: verified.identity,
                chain: verified.chain,
                remoteAddress: remote,
                transport: transport,
                allowance: verified.principal.flatMap { responder.allowance(of: $0) }
            )
            if peer.principal == nil {
                logger.warning("no identity rule maps the certificate \(verified.identity.subject)", metadata: ["remote": "\(peer.remoteAddress)"])
            }
            do {
                try install(context.channel, PeerWatch(peer, trust: trust, responder: responder, generation: verified.generation))
                context.pipeline.syncOperations.removeHandler(self, promise: nil)
            } catch { fail(context, "\(error)") }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { fail(context, shown.refusal ?? Self.reason(error)) }

    func channelInactive(context: ChannelHandlerContext) {
        if !isDone { fail(context, shown.refusal ?? "the client closed before the handshake was done") }
        context.fireChannelInactive()
    }

    private func fail(_ context: ChannelHandlerContext, _ reason: String) {
        guard !isDone else { return }
        isDone = true
        timeout?.cancel()
        // A line for each that has a record: strangers are not to fill the log either.
        let untold = turn.note(.refusedHandshake(by: shown.chain.first, reason: reason, remoteAddress: remote, transport: transport))
        if let untold {
            let others = untold > 0 ? "; \(untold) more before it, each for a reason of its own" : ""
            logger.warning("TLS handshake refused: \(reason)\(others)", metadata: ["remote": "\(remote)", "transport": "\(transport.rawValue)"])
        }
        context.close(promise: nil)
    }

    static func text(_ address: SocketAddress) -> String { "\(address.ipAddress ?? "?"):\(address.port ?? 0)" }

    private static func reason(_ error: any Error) -> String {
        let text = "\(error)"
        if text.contains("PEER_DID_NOT_RETURN_A_CERTIFICATE") { return "the client sent no certificate" }
        if text.contains("HTTP_REQUEST") || text.contains("WRONG_VERSION_NUMBER") { return "the client does not speak TLS" }
        if text.contains("UNSUPPORTED_PROTOCOL") { return "the client speaks no TLS version from 1.2 on" }
        let isEnd = ["uncleanShutdown", "eofDuringHandshake", "EOF during handshake"].contains { text.contains($0) }
        if isEnd { return "the client closed before the handshake was done" }
        return text
    }
}

extension HandshakeHandler: RemovableChannelHandler {}

@available(*, unavailable)
extension HandshakeHandler: Sendable {}
