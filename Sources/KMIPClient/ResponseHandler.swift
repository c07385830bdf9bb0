internal import NIOCore
internal import NIOSSL
internal import NIOTLS

/// Cuts responses out of the stream and gives each to the request that waits longest.
final class ResponseHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Far above any message a server sends; keeps a broken peer from growing the buffer without end.
    private static let maximumResponse = 64 << 20

    private let server: String
    private var context: ChannelHandlerContext?
    private var buffer = ByteBuffer()
    private var waiting: CircularBuffer<(promise: EventLoopPromise<ByteBuffer>, deadline: NIODeadline)> = []
    private var isWatching = false
    private var handshake: EventLoopPromise<Void>?
    private var isReady = false
    private var failure: KMIPClientError?

    init(server: String) { self.server = server }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    /// Done when TLS is up, failed when it is not. On the event loop.
    func handshake(in loop: any EventLoop, timeout: TimeAmount) -> EventLoopFuture<Void> {
        let promise = loop.makePromise(of: Void.self)
        if isReady {
            promise.succeed()
        } else if let failure {
            promise.fail(failure)
        } else {
            handshake = promise
            loop.assumeIsolated().scheduleTask(in: timeout) {
                guard !self.isReady else { return }
                self.fail(KMIPClientError(.timedOut, "TLS with \(self.server) took too long"))
            }
        }
        return promise.futureResult
    }

    func send(_ frame: ByteBuffer, in loop: any EventLoop, timeout: TimeAmount) -> EventLoopFuture<ByteBuffer> {
        if let failure { return loop.makeFailedFuture(failure) }
        guard let context else { return loop.makeFailedFuture(KMIPClientError(.closed, "\(server): the connection is closed")) }
        let promise = loop.makePromise(of: ByteBuffer.self)
        waiting.append((promise, .now() + timeout))
        if !isWatching { watch(loop) }
        context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
        return promise.futureResult
    }

    /// One timer at a time, for the request that waits longest: one each would cost more than the request.
    private func watch(_ loop: any EventLoop) {
        isWatching = waiting.first != nil
        guard let first = waiting.first else { return }
        loop.assumeIsolated().scheduleTask(deadline: first.deadline) {
            if let first = self.waiting.first, first.deadline <= .now() {
                self.isWatching = false
                return self.fail(KMIPClientError(.timedOut, "\(self.server) did not answer in time"))
            }
            self.watch(loop)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? TLSUserEvent, case .handshakeCompleted = event {
            isReady = true
            handshake?.succeed()
            handshake = nil
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        if buffer.readableBytes == 0 { buffer = bytes } else { buffer.writeBuffer(&bytes) }
        while let head = buffer.getInteger(at: buffer.readerIndex, as: UInt64.self) {
            let length = Int(UInt32(truncatingIfNeeded: head))
            guard head >> 32 == 0x42_007B_01, length + 8 <= Self.maximumResponse else {
                return fail(KMIPClientError(.malformed, "\(server) sent bytes that are no KMIP Response Message"))
            }
            guard let frame = buffer.readSlice(length: length + 8) else { return }
            guard let next = waiting.popFirst() else {
                return fail(KMIPClientError(.malformed, "\(server) sent a response that nothing asked for"))
            }
            next.promise.succeed(frame)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let error = error as? KMIPClientError { return fail(error) }
        // A certificate that TLS 1.3 refuses is told after the client's side of the handshake is done.
        let isTLS = error is NIOSSLError || error is BoringSSLError || "\(error)".contains("SSL") || "\(error)".contains("sslError")
        fail(KMIPClientError(isTLS ? .tls : .closed, isTLS ? "TLS with \(server) failed: \(error)" : "\(server): \(error)"))
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(KMIPClientError(isReady ? .closed : .tls, isReady ? "\(server) closed the connection" : "\(server) closed during the TLS handshake"))
        context.fireChannelInactive()
    }

    private func fail(_ error: KMIPClientError) {
        if failure == nil { failure = error }
        handshake?.fail(error)
        handshake = nil
        while let next = waiting.popFirst() {
            next.promise.fail(error)
        }
        context?.close(promise: nil)
    }
}

@available(*, unavailable)
extension ResponseHandler: Sendable {}
