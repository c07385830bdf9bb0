public import NIOCore

/// Bounds on what peers may take of the server.
public struct ServerLimits: Sendable {
    /// Bytes in one message.
    public var message: Int
    /// Open connections, all TLS listeners together.
    public var connections: Int
    /// TLS handshakes that begin in a second, all listeners together; 0 is no limit.
    public var handshakes: Int
    /// Open connections to the admin listener.
    public var adminConnections: Int
    /// Without a request for so long, a connection is closed.
    public var idle: TimeAmount
    /// From the first byte to the end of the TLS handshake.
    public var handshake: TimeAmount
    /// From the first byte of a message to its last.
    public var messageTime: TimeAmount

    /// A stopping server reads so long what its sockets hold already.
    static let lastRead = TimeAmount.milliseconds(50)

    /// Where requests come ahead of the answers, it looks again after them, for so long at most.
    static let lastPipeline = TimeAmount.seconds(1)

    /// After a refusal for load the connection's next request is taken so much later.
    static let pause = TimeAmount.milliseconds(10)

    public init(
        message: Int = 8 << 20,
        connections: Int = 10_000,
        handshakes: Int = 0,
        adminConnections: Int = 64,
        idle: TimeAmount = .minutes(10),
        handshake: TimeAmount = .seconds(10),
        messageTime: TimeAmount = .seconds(30)
    ) {
        self.message = message
        self.connections = connections
        self.handshakes = handshakes
        self.adminConnections = adminConnections
        self.idle = idle
        self.handshake = handshake
        self.messageTime = messageTime
    }
}
