import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// Bytes out, bytes in, over TCP or TLS: for peers that do what a proper client would not.
final class RawClient: Sendable {
    private final class Received: Sendable {
        let state = Mutex((bytes: ByteBuffer(), isClosed: false))
    }

    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        let received: Received
        init(_ received: Received) { self.received = received }
        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let bytes = unwrapInboundIn(data)
            received.state.withLock { _ = $0.bytes.writeImmutableBuffer(bytes) }
        }
        func channelInactive(context: ChannelHandlerContext) { received.state.withLock { $0.isClosed = true } }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }

    let channel: any Channel
    private let received: Received

    private init(_ channel: any Channel, _ received: Received) {
        self.channel = channel
        self.received = received
    }

    static func connect(port: Int, tls: NIOSSLContext? = nil, reads: Bool = true, group: MultiThreadedEventLoopGroup) async throws -> RawClient {
        let received = Received()
        let channel = try await ClientBootstrap(group: group)
            .channelOption(.autoRead, value: reads)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        try channel.pipeline.syncOperations.addHandler(NIOSSLClientHandler(context: tls, serverHostname: nil))
                    }
                    try channel.pipeline.syncOperations.addHandler(Collector(received))
                }
            }
            .connect(host: "127.0.0.1", port: port)
            .get()
        return RawClient(channel, received)
    }

    func write(_ bytes: ByteBuffer) async throws { try await channel.writeAndFlush(bytes) }
    func write(_ text: String) async throws { try await write(ByteBuffer(string: text)) }

    var bytes: ByteBuffer { received.state.withLock { $0.bytes } }
    var text: String { String(buffer: bytes) }

    /// Waits until `condition` holds of all that was received.
    func receives(within limit: Duration = .seconds(3), _ condition: (ByteBuffer) -> Bool) async -> Bool {
        await eventually(within: limit) { condition(self.bytes) }
    }

    func isClosed(within limit: Duration = .seconds(3)) async -> Bool {
        await eventually(within: limit) { self.received.state.withLock { $0.isClosed } }
    }

    func close() async { try? await channel.close() }
}

/// Polls: true as soon as `condition` holds, false when it does not within `limit`.
func eventually(within limit: Duration = .seconds(3), _ condition: () -> Bool) async -> Bool {
    let end = ContinuousClock.now + limit
    while ContinuousClock.now < end {
        if condition() { return true }
        try? await Task.sleep(for: .milliseconds(5))
    }
    return condition()
}
