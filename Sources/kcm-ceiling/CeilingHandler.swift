internal import NIOCore

/// Cuts requests out of the stream by their length and hands them to the turn of the event loop.
final class CeilingHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let answers: CannedAnswers
    private let turn: Turn
    private var buffer = ByteBuffer()
    private var context: ChannelHandlerContext?

    init(answers: CannedAnswers, turn: Turn) {
        self.answers = answers
        self.turn = turn
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        if buffer.readableBytes == 0 { buffer = bytes } else { buffer.writeBuffer(&bytes) }
        while let length = buffer.getInteger(at: buffer.readerIndex + 4, as: UInt32.self) {
            guard let frame = buffer.readSlice(length: Int(length) + 8) else { return }
            turn.add(answers.answer(to: frame), for: self)
        }
    }

    func write(_ answer: ByteBuffer) {
        context?.write(wrapOutboundOut(answer), promise: nil)
    }

    func flush() { context?.flush() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

@available(*, unavailable)
extension CeilingHandler: Sendable {}
