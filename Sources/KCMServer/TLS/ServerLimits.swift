public import NIOCore

/// Bounds on what peers may take of the server.
public struct ServerLimits: Sendable {
    /// Bytes in one message.
    public var message: Int
    /// Open connections, all listeners together.
    public var connections: Int
    /// Without a request for so long, a connection is closed.
    public var idle: TimeAmount
    /// From the first byte to the end of the TLS handshake.
    public var handshake: TimeAmount
    /// From the first byte of a message to its last.
    public var messageTime: TimeAmount

    public init(
        message: Int = 8 << 20,
        connections: Int = 10_000,
        idle: TimeAmount = .minutes(10),
        handshake: TimeAmount = .seconds(10),
        messageTime: TimeAmount = .seconds(30)
    ) {
        self.message = message
        self.connections = connections
        self.idle = idle
        self.handshake = handshake
        self.messageTime = messageTime
    }
}
