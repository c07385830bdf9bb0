public import NIOCore
public import NIOPosix

/// One TLS connection to a KMIP server: whole request messages out, whole response messages in, answered in order.
public final class KMIPConnection: Sendable {
    private let channel: any Channel
    /// Held here, not looked up: after a failed handshake it is no longer in the pipeline, and it alone knows why.
    private let handler: NIOLoopBound<ResponseHandler>
    private let server: String
    private let timeout: TimeAmount

    init(channel: any Channel, handler: NIOLoopBound<ResponseHandler>, server: String, timeout: TimeAmount) {
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
        try await KMIPConnector(host: host, port: port, configuration: configuration).connect(group: group)
    }

    /// Waits until TLS is up; closes where it is not.
    func handshake() async throws(KMIPClientError) {
        do {
            try await eventLoop.flatSubmit { self.handler.value.handshake(in: self.eventLoop, timeout: self.timeout) }.get()
        } catch {
            channel.close(promise: nil)
            throw error as? KMIPClientError ?? KMIPClientError(.tls, "TLS with \(server) failed: \(error)")
        }
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
