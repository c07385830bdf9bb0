internal import Glibc
internal import KCMEngine
public import KCMService
public import Logging
internal import NIOCore
internal import KCMWire
internal import NIOHTTP1
public import NIOPosix
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
    private let adminConnections: Connections
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
        // Clients leave room for who asks how the daemon is.
        connections = Connections(limit: limits.connections, rate: limits.handshakes, spared: limits.adminConnections)
        adminConnections = Connections(limit: limits.adminConnections)
        var turns: [ObjectIdentifier: NIOLoopBound<AuditTurn>] = [:]
        for loop in group.makeIterator() {
            let made = loop.submit { NIOLoopBound(AuditTurn(loop: loop, queue: audit, logger: logger), eventLoop: loop) }
            // At start-up, from the main thread, once a loop.
            if let turn = try? made.wait() { turns[ObjectIdentifier(loop)] = turn }
        }
        self.turns = turns
    }

    /// Changes the limits on the TLS listeners for those who come; connections that are open stay.
    /// - Parameters:
    ///   - connections: open ones.
    ///   - handshakes: that begin in a second; 0 is no limit.
    public func change(connections limit: Int, handshakes: Int) { connections.change(limit: limit, rate: handshakes) }

    /// Open connections, all TLS listeners together.
    public var connectionCount: Int { connections.count }

    /// Open connections to the admin listener.
    public var adminConnectionCount: Int { adminConnections.count }

    /// Connections that were refused before any TLS work since the start, by the limit that was in their way.
    public var refusedConnections: [(reason: String, count: Int)] {
        connections.refused.map { ($0.refusal.rawValue, $0.count) } + [("admin", adminConnections.refused.map(\.count).reduce(0, +))]
    }

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
            let intake = try HTTPIntake.install(in: channel)
            let handler = KMIPHTTPHandler(watch: watch, responder: responder, turn: turn, limits: limits, intake: intake)
            try channel.pipeline.syncOperations.addHandler(handler)
        }
    }

    /// Listens for plain HTTP on the admin port.
    public func listenAdmin(address: String, port: Int, source: any AdminSource) async throws -> Int {
        try await bind(address, port) { [adminConnections, limits, logger] channel in
            guard Self.admits(channel, to: adminConnections, logger) else { return channel.close() }
            return channel.eventLoop.makeCompletedFuture {
                _ = try HTTPIntake.install(in: channel)
                try channel.pipeline.syncOperations.addHandler(AdminHandler(source: source, requestTime: limits.handshake))
            }
        }
    }

    private func listenTLS(
        _ transport: Peer.Transport,
        _ address: String,
        _ port: Int,
        install: @escaping @Sendable (any Channel, PeerWatch, AuditTurn) throws -> Void
    ) async throws -> Int {
        try await bind(address, port) { [trust, responder, limits, logger, connections, turns] channel in
            guard Self.admits(channel, to: connections, logger) else { return channel.close() }
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
                    responder: responder,
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

    /// Counts a new connection, and says in the log where it may not stay.
    private static func admits(_ channel: any Channel, to connections: Connections, _ logger: Logger) -> Bool {
        switch connections.add(channel) {
        case .taken: return true
        case .stopping: return false
        case .refused(let refusal, let isToBeLogged):
            guard isToBeLogged else { return false }
            let limit =
                switch refusal {
                case .connections: "the limit of \(connections.limit) connections"
                case .handshakes: "the limit of \(connections.rate) handshakes a second"
                case .descriptors:
                    "the limit of open descriptors (RLIMIT_NOFILE), less \(DescriptorReserve.count + connections.spared) for other ends,"
                }
            let remote = channel.remoteAddress.map(HandshakeHandler.text) ?? "unknown"
            logger.warning("connection refused: \(limit) is reached", metadata: ["remote": "\(remote)"])
            return false
        }
    }

    /// A peer whose host is gone says nothing more: without an answer for two minutes its connection is closed.
    private static let keepAlive: [(option: ChannelOptions.Types.SocketOption, value: SocketOptionValue)] = [
        (.socketOption(.so_keepalive), 1),
        (.tcpOption(.init(rawValue: TCP_KEEPIDLE)), 60),
        (.tcpOption(.init(rawValue: TCP_KEEPINTVL)), 15),
        (.tcpOption(.init(rawValue: TCP_KEEPCNT)), 4),
        // The same for what was sent and is not acknowledged, in milliseconds.
        (.tcpOption(.init(rawValue: TCP_USER_TIMEOUT)), 120_000),
    ]

    private func bind(
        _ address: String,
        _ port: Int,
        _ initialize: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
    ) async throws -> Int {
        do {
            let bootstrap = ServerBootstrap(group: group)
                .serverChannelOption(.backlog, value: 1024)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .serverChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(AcceptPause()) }
                }
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                .childChannelOption(.maxMessagesPerRead, value: 4)
                .childChannelInitializer(initialize)
            let whole = Self.keepAlive.reduce(bootstrap) { $0.childChannelOption($1.option, value: $1.value) }
            let channel = try await whole.bind(host: address, port: port).get()
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
        adminConnections.closeAll()
    }
}
