public import KCMService
public import Logging
internal import NIOCore
public import NIOPosix
internal import KCMEngine
internal import KCMWire
internal import NIOHTTP1
internal import NIOSSL
internal import NIOTLS

/// The daemon's listeners over one group of event loops: KMIP over TLS, `POST /kmip` over HTTPS, and the admin port.
public final class Server: Sendable {
    /// Where a listener could not be bound.
    public struct BindError: Error, CustomStringConvertible {
        public let description: String
    }

    private let group: MultiThreadedEventLoopGroup
    private let trust: TrustSource
    private let responder: any Responder
    private let limits: ServerLimits
    private let logger: Logger
    private let connections: Connections
    private let turns: [ObjectIdentifier: NIOLoopBound<AuditTurn>]
    private let listeners = Listeners()

    public init(
        group: MultiThreadedEventLoopGroup,
        trust: TrustSource,
        responder: any Responder,
        audit: AuditQueue,
        limits: ServerLimits,
        logger: Logger
    ) {
        self.group = group
        self.trust = trust
        self.responder = responder
        self.limits = limits
        self.logger = logger
        connections = Connections(limit: limits.connections)
        var turns: [ObjectIdentifier: NIOLoopBound<AuditTurn>] = [:]
        for loop in group.makeIterator() {
            let made = loop.submit { NIOLoopBound(AuditTurn(loop: loop, queue: audit, logger: logger), eventLoop: loop) }
            // At start-up, from the main thread, once a loop.
            if let turn = try? made.wait() { turns[ObjectIdentifier(loop)] = turn }
        }
        self.turns = turns
    }

    /// Open connections, all listeners together.
    public var connectionCount: Int { connections.count }

    /// Listens for KMIP over TLS.
    /// - Returns: the port, also where 0 was asked for.
    /// - Throws: ``BindError``.
    public func listenKMIP(address: String, port: Int) async throws -> Int {
        try await listenTLS(.kmip, address, port) { [limits, responder] channel, watch, turn in
            let handler = KMIPConnectionHandler(watch: watch, responder: responder, turn: turn, limits: limits)
            try channel.pipeline.syncOperations.addHandler(handler)
        }
    }

    /// Listens for KMIP over HTTPS.
    public func listenHTTPS(address: String, port: Int) async throws -> Int {
        try await listenTLS(.https, address, port) { [limits, responder] channel, watch, turn in
            try channel.pipeline.syncOperations.configureHTTPServerPipeline(withErrorHandling: true)
            let handler = KMIPHTTPHandler(watch: watch, responder: responder, turn: turn, limits: limits)
            try channel.pipeline.syncOperations.addHandler(handler)
        }
    }

    /// Listens for plain HTTP on the admin port.
    public func listenAdmin(address: String, port: Int, source: any AdminSource) async throws -> Int {
        try await bind(address, port) { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.configureHTTPServerPipeline(withErrorHandling: true)
                try channel.pipeline.syncOperations.addHandler(AdminHandler(source: source))
            }
        }
    }

    private func listenTLS(
        _ transport: Peer.Transport,
        _ address: String,
        _ port: Int,
        install: @escaping @Sendable (any Channel, PeerWatch, AuditTurn) throws -> Void
    ) async throws -> Int {
        try await bind(address, port) { [trust, limits, logger, connections, turns] channel in
            if case .refused(let isToBeLogged) = connections.add(channel) {
                if isToBeLogged {
                    let remote = channel.remoteAddress.map(HandshakeHandler.text) ?? "unknown"
                    logger.warning("connection refused: the limit of \(connections.limit) connections is reached", metadata: ["remote": "\(remote)"])
                }
                return channel.close()
            }
            guard let turn = turns[ObjectIdentifier(channel.eventLoop)] else { return channel.close() }
            return channel.eventLoop.makeCompletedFuture {
                let shown = HandshakeHandler.ShownChain()
                let tls = NIOSSLServerHandler(
                    context: trust.context,
                    customVerificationCallback: { certificates, promise in
                        shown.chain = certificates.compactMap { try? $0.toDERBytes() }
                        switch trust.authenticate(chain: shown.chain, now: WallClock.now / 1_000_000_000) {
                        case .success: promise.succeed(.certificateVerified)
                        case .failure(let refusal):
                            shown.refusal = refusal.text
                            promise.succeed(.failed)
                        }
                    }
                )
                try channel.pipeline.syncOperations.addHandlers(tls, PlaintextHandler())
                let handshake = HandshakeHandler(
                    trust: trust,
                    transport: transport,
                    limit: limits.handshake,
                    shown: shown,
                    logger: logger,
                    turn: turn.value,
                    install: { channel, watch in try install(channel, watch, turn.value) }
                )
                try channel.pipeline.syncOperations.addHandler(handshake)
            }
        }
    }

    private func bind(
        _ address: String,
        _ port: Int,
        _ initialize: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
    ) async throws -> Int {
        do {
            let channel = try await ServerBootstrap(group: group)
                .serverChannelOption(.backlog, value: 1024)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .serverChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(AcceptPause()) }
                }
                .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
                .childChannelOption(.maxMessagesPerRead, value: 4)
                .childChannelInitializer(initialize)
                .bind(host: address, port: port)
                .get()
            listeners.add(channel)
            return channel.localAddress?.port ?? port
        } catch { throw BindError(description: "cannot listen on \(address):\(port): \(error)") }
    }

    /// Stops accepting, lets requests under way finish, closes idle connections at once and the others by `deadline`.
    public func drain(deadline: Duration) async {
        for channel in listeners.takeAll() { try? await channel.close() }
        connections.drain()
        let end = ContinuousClock.now + deadline
        while connections.count > 0, ContinuousClock.now < end { try? await Task.sleep(for: .milliseconds(20)) }
        if connections.count > 0 { logger.warning("\(connections.count) connections were still busy at the end of the drain") }
        connections.closeAll()
    }
}
