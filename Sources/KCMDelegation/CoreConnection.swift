internal import KCMEdge
internal import KCMWire
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL

/// One connection to Core, handshake done. Safe to use from any thread, by one at a time.
final class CoreConnection: Sendable {
    /// The largest answer taken, in bytes.
    private static let maximumAnswer = 16 << 20

    let channel: any Channel
    /// Of the trust it was made under.
    let generation: UInt64
    let opened = NIODeadline.now()
    private let handler: NIOLoopBound<CoreConnectionHandler>

    private init(_ channel: any Channel, _ handler: NIOLoopBound<CoreConnectionHandler>, _ generation: UInt64) {
        self.channel = channel
        self.handler = handler
        self.generation = generation
    }

    /// Connects and shakes hands.
    static func open(
        to endpoint: CoreEndpoint,
        _ trust: CoreTrust,
        generation: UInt64,
        group: MultiThreadedEventLoopGroup,
        by deadline: NIODeadline
    ) async throws(ExchangeFailure) -> CoreConnection {
        let loop = group.next()
        let made = loop.makePromise(of: NIOLoopBound<CoreConnectionHandler>.self)
        let ready = loop.makePromise(of: Void.self)
        let bootstrap = ClientBootstrap(group: loop)
            .connectTimeout(max(deadline - .now(), .milliseconds(1)))
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let judgement = CoreConnectionHandler.Judgement()
                    let tls = try NIOSSLClientHandler(context: trust.context, serverHostname: endpoint.serverName) { certificates, verdict in
                        judgement.refusal = trust.refusal(of: certificates.compactMap { try? $0.toDERBytes() }, host: endpoint.host)
                        verdict.succeed(judgement.refusal == nil ? .certificateVerified : .failed)
                    }
                    let handler = CoreConnectionHandler(judgement: judgement, ready: ready)
                    try channel.pipeline.syncOperations.addHandlers(tls, PlaintextHandler())
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    try channel.pipeline.syncOperations.addHandler(NIOHTTPClientResponseAggregator(maxContentLength: maximumAnswer))
                    try channel.pipeline.syncOperations.addHandler(handler)
                    made.succeed(NIOLoopBound(handler, eventLoop: loop))
                }
            }
        do {
            let channel = try await bootstrap.connect(host: endpoint.host, port: endpoint.port).get()
            let handler = try await made.futureResult.get()
            let timer = loop.scheduleTask(deadline: deadline) { handler.value.giveUpHandshake() }
            defer { timer.cancel() }
            try await ready.futureResult.get()
            return CoreConnection(channel, handler, generation)
        } catch {
            let failure = ExchangeFailure(error, .notSent, refusal: nil)
            // Promises that nobody kept must not be left.
            made.fail(failure)
            ready.fail(failure)
            throw failure
        }
    }

    /// Sends a request and waits for its answer. On a failure the connection is closed.
    func exchange(_ head: HTTPRequestHead, _ body: ByteBuffer, by deadline: NIODeadline) async throws(ExchangeFailure) -> CoreConnectionHandler.Reply
    {
        let promise = channel.eventLoop.makePromise(of: CoreConnectionHandler.Reply.self)
        channel.eventLoop.execute { self.handler.value.send(head, body, by: deadline, promise) }
        do { return try await promise.futureResult.get() } catch { throw ExchangeFailure(error, .sent, refusal: nil) }
    }
}
