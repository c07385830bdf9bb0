import Glibc
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// Bytes out, bytes in, over TCP or TLS: for peers that do what a proper client would not.
final class RawClient: Sendable {
    private final class Received: Sendable {
        let state = Mutex((bytes: ByteBuffer(), closed: ContinuousClock.Instant?.none))
    }

    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        let received: Received
        init(_ received: Received) { self.received = received }
        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let bytes = unwrapInboundIn(data)
            received.state.withLock { _ = $0.bytes.writeImmutableBuffer(bytes) }
        }
        func channelInactive(context: ChannelHandlerContext) { received.state.withLock { $0.closed = .now } }
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

    /// When the other side closed the connection, if it did.
    var closed: ContinuousClock.Instant? { received.state.withLock { $0.closed } }

    /// Waits until `condition` holds of all that was received.
    func receives(within limit: Duration = patience, _ condition: (ByteBuffer) -> Bool) async -> Bool {
        await eventually(within: limit) { condition(self.bytes) }
    }

    func isClosed(within limit: Duration = patience) async -> Bool {
        await eventually(within: limit) { self.closed != nil }
    }

    /// Sends `start` and then a byte every tenth of a second until the other side closes.
    func isClosed(whileSending start: ByteBuffer, within limit: Duration = patience) async -> Bool {
        let end = ContinuousClock.now + limit
        var next = start
        while closed == nil, ContinuousClock.now < end {
            // The close may come before the write.
            try? await write(next)
            next = ByteBuffer(bytes: [0x42])
            try? await Task.sleep(for: .milliseconds(100))
        }
        return closed != nil
    }

    func close() async { try? await channel.close() }
}

/// How long a test waits for what has to come. Only a failing test waits so long; all suites start at once on few threads, so that what takes
/// milliseconds alone can take seconds. Where the server has a limit of its own that would make the test pass, it is longer than this.
let patience = Duration.seconds(90)

/// Polls: true as soon as `condition` holds, false when it does not within `limit`.
func eventually(within limit: Duration = patience, _ condition: () -> Bool) async -> Bool {
    let end = ContinuousClock.now + limit
    while ContinuousClock.now < end {
        if condition() { return true }
        try? await Task.sleep(for: .milliseconds(5))
    }
    return condition()
}
