internal import NIOCore
internal import NIOHTTP1

/// Health, readiness, metrics and what else the daemon has for its operator, over plain HTTP on the same host: one request a connection.
final class AdminHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    /// From the connection to the end of the request; then to the end of its answer. What is dripped does not prolong it.
    private let requestTime: TimeAmount
    private static let answerTime = TimeAmount.seconds(60)
    /// Nothing that is served here reads a body.
    private static let bodyLimit = 64 << 10

    private let source: any AdminSource
    private var head: HTTPRequestHead?
    private var bodyLength = 0
    private var isDone = false
    private var timeout: Scheduled<Void>?

    init(source: any AdminSource, requestTime: TimeAmount) {
        self.source = source
        self.requestTime = requestTime
    }

    func handlerAdded(context: ChannelHandlerContext) { limit(context, requestTime) }

    func handlerRemoved(context: ChannelHandlerContext) { timeout?.cancel() }

    func channelInactive(context: ChannelHandlerContext) {
        timeout?.cancel()
        context.fireChannelInactive()
    }

    private func limit(_ context: ChannelHandlerContext, _ time: TimeAmount) {
        timeout?.cancel()
        timeout = context.eventLoop.assumeIsolated().scheduleTask(in: time) { context.close(promise: nil) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isDone else { return }
        switch unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body(let part):
            bodyLength += part.readableBytes
            if bodyLength > Self.bodyLimit { send(context, .payloadTooLarge, "no body is read here\n") }
        case .end:
            guard let head else { return }
            isDone = true
            limit(context, Self.answerTime)
            answer(head, context)
        }
    }

    private func answer(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let isRead = head.method == .GET || head.method == .HEAD
        guard isRead || head.method == .POST else { return send(context, .methodNotAllowed, "GET and POST only\n") }
        // A web page that a browser on this host shows must not change anything here.
        guard isRead || !head.headers.contains(name: "Origin") else { return send(context, .forbidden, "not for browsers\n") }
        switch isRead ? head.uri : "" {
        case "/livez": send(context, .ok, "ok\n")
        case "/metrics": send(context, .ok, source.metrics())
        case "/readyz":
            let source = source
            context.eventLoop.makeFutureWithTask { await source.reasonsNotReady() }.assumeIsolated().whenSuccess { reasons in
                if reasons.isEmpty {
                    self.send(context, .ok, "ready\n")
                } else {
                    self.send(context, .serviceUnavailable, reasons.joined(separator: "\n") + "\n")
                }
            }
        default: other(context, AdminRequest(changes: !isRead, uri: head.uri))
        }
    }

    private func other(_ context: ChannelHandlerContext, _ request: AdminRequest) {
        let source = source
        context.eventLoop.makeFutureWithTask { await source.answer(request) }.assumeIsolated().whenSuccess { answer in
            if let answer { return self.send(context, HTTPResponseStatus(statusCode: answer.status), answer.text) }
            if request.changes { return self.send(context, .methodNotAllowed, "there is nothing to POST here\n") }
            self.send(context, .notFound, "there are /livez, /readyz and /metrics\n")
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func send(_ context: ChannelHandlerContext, _ status: HTTPResponseStatus, _ text: String) {
        isDone = true
        var headers = HTTPHeaders()
        headers.add(name: "Content-Type", value: "text/plain; version=0.0.4; charset=utf-8")
        headers.add(name: "Content-Length", value: String(text.utf8.count))
        headers.add(name: "Connection", value: "close")
        context.write(wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: status, headers: headers))), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
        let done = context.eventLoop.makePromise(of: Void.self)
        done.futureResult.assumeIsolated().whenComplete { _ in context.close(promise: nil) }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: done)
    }
}

@available(*, unavailable)
extension AdminHandler: Sendable {}
