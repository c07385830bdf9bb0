public import NIOCore

/// Stands right behind TLS and takes what was decrypted out of the buffer that TLS keeps for as long as the connection lives, so that a
/// connection which rests holds nothing of its last message. One for each channel; costs a copy of what comes in.
public final class PlaintextHandler: ChannelInboundHandler {
    public typealias InboundIn = ByteBuffer
    public typealias InboundOut = ByteBuffer

    public init() {}

    public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        context.fireChannelRead(wrapInboundOut(unwrapInboundIn(data).movingOut(allocator: context.channel.allocator)))
    }
}

@available(*, unavailable)
extension PlaintextHandler: Sendable {}
