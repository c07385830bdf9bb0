public import NIOCore
public import NIOPosix
internal import NIOSSL
internal import NIOTLS

/// One TLS connection to a KMIP server: whole request messages out, whole response messages in, answered in order.
public final class KMIPConnection: Sendable {
    private let channel: any Channel
    /// Held here, not looked up: after a failed handshake it is no longer in the pipeline, and it alone knows why.
    private let handler: NIOLoopBound<ResponseHandler>
    private let server: String
    private let timeout: TimeAmount

    private init(channel: any Channel, handler: NIOLoopBound<ResponseHandler>, server: String, timeout: TimeAmount) {
        self.channel = channel
        self.handler = handler
        self.server = server
        self.timeout = timeout
    }

    /// The event loop of the connection.
    public var eventLoop: any EventLoop { channel.eventLoop }

    /// Connects and verifies the server's certificate and its name.
    /// - Parameters:
    ///   - host: a DNS name or an IP address; the certificate has to be for it.
    ///   - group: where the connection lives.
    public static func connect(
        host: String,
        port: Int,
        configuration: KMIPClientConfiguration,
        group: MultiThreadedEventLoopGroup
    ) async throws(KMIPClientError) -> KMIPConnection {
        let context = try configuration.tlsContext()
        let server = "\(host):\(port)"
        let timeout = TimeAmount(configuration.timeout)
        let connection: KMIPConnection
        do {
            connection = try await ClientBootstrap(group: group)
                .connectTimeout(timeout)
                .channelOption(.socketOption(.tcp_nodelay), value: 1)
                .connect(host: host, port: port) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let isAddress = (try? SocketAddress(ipAddress: host, port: port)) != nil
                        let tls = try NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : host)
                        try channel.pipeline.syncOperations.addHandler(tls)
                        let handler = ResponseHandler(server: server)
                        try channel.pipeline.syncOperations.addHandler(handler)
                        let bound = NIOLoopBound(handler, eventLoop: channel.eventLoop)
                        return KMIPConnection(channel: channel, handler: bound, server: server, timeout: timeout)
                    }
                }
        } catch { throw KMIPClientError(.refused, "cannot connect to \(server): \(error)") }
        do {
            try await connection.eventLoop.flatSubmit {
                connection.handler.value.handshake(in: connection.eventLoop, timeout: timeout)
            }.get()
        } catch {
            connection.channel.close(promise: nil)
            throw error as? KMIPClientError ?? KMIPClientError(.tls, "TLS with \(server) failed: \(error)")
        }
        return connection
    }

    /// Sends one request and waits for its response.
    /// - Parameter frame: a whole TTLV message.
    /// - Returns: a whole TTLV message.
    public func send(_ frame: ByteBuffer) async throws(KMIPClientError) -> ByteBuffer {
        do {
            return try await eventLoop.flatSubmit { self.sendNow(frame) }.get()
        } catch { throw error as? KMIPClientError ?? KMIPClientError(.closed, "\(server): \(error)") }
    }

    /// As ``send(_:)``, without a task; to be called on ``eventLoop``. Several may be under way; answers come in order.
    public func sendNow(_ frame: ByteBuffer) -> EventLoopFuture<ByteBuffer> {
        handler.value.send(frame, in: channel.eventLoop, timeout: timeout)
    }

    /// Closes the connection; requests under way fail.
    public func close() async { try? await channel.close() }
}
