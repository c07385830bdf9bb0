internal import NIOCore
internal import NIOPosix

/// Lets a listener rest for a second when no descriptor is left for a new connection.
///
/// NIO's own back-off withholds the next read, and the socket stays registered as readable meanwhile: the poll comes back at once, and the
/// event loop takes a core. Without automatic reads it is taken off the poll.
final class AcceptPause: ChannelInboundHandler {
    typealias InboundIn = any Channel
    typealias InboundOut = any Channel

    private static let length = TimeAmount.seconds(1)
    private var isPaused = false

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if error is IOError, !isPaused {
            isPaused = true
            let options = context.channel.syncOptions
            try? options?.setOption(.autoRead, value: false)
            context.eventLoop.assumeIsolated().scheduleTask(in: Self.length) {
                self.isPaused = false
                try? options?.setOption(.autoRead, value: true)
            }
        }
        context.fireErrorCaught(error)
    }
}

@available(*, unavailable)
extension AcceptPause: Sendable {}
