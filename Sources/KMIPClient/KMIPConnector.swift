internal import NIOCore
internal import NIOHTTP1
public import NIOPosix
internal import NIOSSL

/// Makes connections to one server with one identity. The identity's files are read once, however many connections follow.
public struct KMIPConnector: Sendable {
    /// What carries the messages.
    public enum Transport: Sendable {
        /// TTLV over TLS.
        case tls
        /// TTLV in `POST /kmip` over HTTP/1.1 and TLS (KMIP HTTPS profile).
        case https
    }

    private let host: String
    private let port: Int
    private let transport: Transport
    private let context: NIOSSLContext
    private let timeout: TimeAmount

    /// Reads the files. Blocks. Nothing is connected yet.
    /// - Parameter host: a DNS name or an IP address; the certificate has to be for it.
    public init(host: String, port: Int, transport: Transport = .tls, configuration: KMIPClientConfiguration) throws(KMIPClientError) {
        self.host = host
        self.port = port
        self.transport = transport
        context = try configuration.tlsContext()
        timeout = TimeAmount(configuration.timeout)
    }

    /// Connects and verifies the server's certificate and its name.
    /// - Parameter group: where the connection lives.
    public func connect(group: MultiThreadedEventLoopGroup) async throws(KMIPClientError) -> KMIPConnection {
        let server = "\(host):\(port)"
        let connection: KMIPConnection
        do {
            connection = try await ClientBootstrap(group: group)
                .connectTimeout(timeout)
                .channelOption(.socketOption(.tcp_nodelay), value: 1)
                .connect(host: host, port: port) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let isAddress = (try? SocketAddress(ipAddress: host, port: port)) != nil
                        let pipeline = channel.pipeline.syncOperations
                        try pipeline.addHandler(NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : host))
                        if transport == .https {
                            try pipeline.addHTTPClientHandlers()
                            try pipeline.addHandler(HTTPFraming(server: server, host: host.contains(":") ? "[\(host)]:\(port)" : server))
                        }
                        let handler = ResponseHandler(server: server)
                        try pipeline.addHandler(handler)
                        let bound = NIOLoopBound(handler, eventLoop: channel.eventLoop)
                        return KMIPConnection(channel: channel, handler: bound, server: server, timeout: timeout)
                    }
                }
        } catch { throw KMIPClientError(.refused, "cannot connect to \(server): \(error)") }
        try await connection.handshake()
        return connection
    }
}
