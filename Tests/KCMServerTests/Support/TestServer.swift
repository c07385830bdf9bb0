import KCMAccess
import KCMServer
import KMIPClient
import NIOCore
import NIOPosix

/// A server on loopback with an echo behind it.
struct TestServer: Sendable {
    let pki: TestPKI
    let trust: TrustSource
    let server: Server
    let responder = EchoResponder()
    let sink: RecordingSink
    let log = LogLines()
    let group: MultiThreadedEventLoopGroup
    let kmip: Int
    let https: Int

    /// Starts both listeners, runs `body`, and stops all.
    static func with<T: Sendable>(
        pki: TestPKI? = nil,
        limits: ServerLimits = ServerLimits(message: 4096),
        sink: RecordingSink = RecordingSink(),
        revocation: String? = nil,
        addresses: [String] = ["IP:127.0.0.1"],
        _ body: (TestServer) async throws -> T
    ) async throws -> T {
        let pki = try pki ?? TestPKI()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let pool = NIOThreadPool(numberOfThreads: 1)
        pool.start()
        do {
            let made = try await TestServer(pki, limits, sink, revocation, addresses, group, pool)
            defer { made.responder.release() }
            let result = try await body(made)
            await made.server.drain(deadline: .milliseconds(100))
            try await pool.shutdownGracefully()
            try await group.shutdownGracefully()
            return result
        } catch {
            try? await pool.shutdownGracefully()
            try? await group.shutdownGracefully()
            throw error
        }
    }

    private init(
        _ pki: TestPKI,
        _ limits: ServerLimits,
        _ sink: RecordingSink,
        _ revocation: String?,
        _ addresses: [String],
        _ group: MultiThreadedEventLoopGroup,
        _ pool: NIOThreadPool
    ) async throws {
        let identity = try pki.server(addresses: addresses)
        trust = try TrustSource(
            files: TrustFiles(certificate: identity.certificate, key: identity.key, trust: pki.trust, revocation: revocation),
            identities: IdentityMap()
        )
        server = Server(
            group: group, trust: trust, responder: responder, audit: AuditQueue(sink: sink, pool: pool), limits: limits, logger: log.logger
        )
        kmip = try await server.listenKMIP(address: "127.0.0.1", port: 0)
        https = try await server.listenHTTPS(address: "127.0.0.1", port: 0)
        self.pki = pki
        self.sink = sink
        self.group = group
    }

    func connect(_ identity: TestPKI.Identity, trust: String? = nil, timeout: Duration = patience) async throws(KMIPClientError) -> KMIPConnection {
        try await KMIPConnection.connect(
            host: "127.0.0.1", port: kmip, configuration: pki.configuration(identity, trust: trust, timeout: timeout), group: group
        )
    }

    func raw(_ identity: TestPKI.Identity?, port: Int? = nil) async throws -> RawClient {
        try await RawClient.connect(port: port ?? kmip, tls: try pki.context(identity), group: group)
    }
}
