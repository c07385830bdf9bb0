internal import KCMEdge
internal import KCMWire
internal import NIOCore
internal import NIOHTTP1
internal import NIOTLS

/// The end of a connection's pipeline: one request at a time. Lives on its event loop.
final class CoreConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = NIOHTTPClientResponseFull
    typealias OutboundOut = HTTPClientRequestPart

    /// Core's answer as HTTP has it.
    struct Reply: Sendable {
        let status: UInt
        let contentType: String?
        let body: ByteBuffer
        let keepsAlive: Bool
    }

    private enum State {
        case handshaking(EventLoopPromise<Void>)
        case idle
        case waiting(EventLoopPromise<Reply>, Scheduled<Void>)
        case ended
    }

    /// Why Core's certificate was not taken; filled in by the verification callback.
    final class Judgement {
        var refusal: String?
    }

    private var state: State
    private var hasAnswered = false
    private let judgement: Judgement
    private var context: ChannelHandlerContext?

    init(judgement: Judgement, ready: EventLoopPromise<Void>) {
        self.judgement = judgement
        state = .handshaking(ready)
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    /// Sends a request.
    /// - Parameter promise: gets the answer, or an ``ExchangeFailure``.
    func send(_ head: HTTPRequestHead, _ body: ByteBuffer, by deadline: NIODeadline, _ promise: EventLoopPromise<Reply>) {
        guard case .idle = state, let context, context.channel.isActive else {
            return promise.fail(ExchangeFailure(.unreachable, .notSent, "the connection was closed"))
        }
        let timer = context.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) {
            self.end(context, ExchangeFailure(.timedOut, .sent, "no answer in time"))
        }
        state = .waiting(promise, timer)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    /// Ends the connection where its handshake is not done: one that is may have a request on it by now, which has its own time.
    func giveUpHandshake() {
        guard case .handshaking = state, let context else { return }
        end(context, ExchangeFailure(.timedOut, .notSent, "the TLS handshake took too long"))
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted = event as? TLSUserEvent, case .handshaking(let ready) = state {
            state = .idle
            ready.succeed(())
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let response = unwrapInboundIn(data)
        guard case .waiting(let promise, let timer) = state else {
            // Nobody asked.
            return end(context, ExchangeFailure(.badAnswer, .sent, "it sent an answer without a request"))
        }
        timer.cancel()
        state = .idle
        hasAnswered = true
        promise.succeed(
            Reply(
                status: response.head.status.code,
                contentType: response.head.headers.first(name: "content-type"),
                // The aggregator may fill this memory again, and until then it would keep the answer.
                body: response.body?.movingOut(allocator: context.channel.allocator) ?? ByteBuffer(),
                keepsAlive: response.head.isKeepAlive
            )
        )
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if case .invalidEOFState = error as? HTTPParserError {
            return end(context, ExchangeFailure(.unreachable, stage, "it closed the connection within its answer"))
        }
        if error is HTTPParserError || error is NIOHTTPObjectAggregatorError {
            return end(context, ExchangeFailure(.badAnswer, .sent, "its answer is not HTTP that is taken: \(error)"))
        }
        end(context, ExchangeFailure(error, stage, refusal: judgement.refusal, hasAnswered: hasAnswered))
    }

    func channelInactive(context: ChannelHandlerContext) {
        let text = stage == .notSent ? "it closed the connection during the TLS handshake" : "it closed the connection before it answered"
        if let refusal = judgement.refusal {
            end(context, ExchangeFailure(.untrusted, .notSent, "its certificate is not trusted: \(refusal)"))
        } else {
            end(context, ExchangeFailure(.unreachable, stage, text))
        }
        context.fireChannelInactive()
    }

    private var stage: ExchangeFailure.Stage {
        if case .waiting = state { .closedUnanswered } else { .notSent }
    }

    private func end(_ context: ChannelHandlerContext, _ failure: ExchangeFailure) {
        switch state {
        case .handshaking(let ready): ready.fail(failure)
        case .waiting(let promise, let timer):
            timer.cancel()
            promise.fail(failure)
        case .idle, .ended: break
        }
        state = .ended
        context.close(promise: nil)
    }
}

@available(*, unavailable)
extension CoreConnectionHandler: Sendable {}
