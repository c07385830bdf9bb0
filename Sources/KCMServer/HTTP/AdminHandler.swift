internal import NIOCore
internal import NIOHTTP1

/// Health, readiness, metrics and what else the daemon has for its operator, over plain HTTP on the same host.
final class AdminHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let source: any AdminSource
    private var head: HTTPRequestHead?

    init(source: any AdminSource) { self.source = source }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body: break
        case .end:
            guard let head else { return }
            self.head = nil
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
                    if reasons.isEmpty { self.send(context, .ok, "ready\n") } else {
                        self.send(context, .serviceUnavailable, reasons.joined(separator: "\n") + "\n")
                    }
                }
            default: other(context, AdminRequest(changes: !isRead, uri: head.uri))
            }
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
