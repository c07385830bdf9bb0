internal import NIOCore
internal import NIOHTTP1

/// Health, readiness and metrics over plain HTTP, for probes and scrapers on the same host.
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
            guard head.method == .GET || head.method == .HEAD else { return send(context, .methodNotAllowed, "GET only\n") }
            switch head.uri {
            case "/livez": send(context, .ok, "ok\n")
            case "/metrics": send(context, .ok, source.metrics())
            case "/readyz":
                let source = source
                context.eventLoop.makeFutureWithTask { await source.reasonsNotReady() }.assumeIsolated().whenSuccess { reasons in
                    if reasons.isEmpty { self.send(context, .ok, "ready\n") } else {
                        self.send(context, .serviceUnavailable, reasons.joined(separator: "\n") + "\n")
                    }
                }
            default: send(context, .notFound, "there are /livez, /readyz and /metrics\n")
            }
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

/// What the admin listener tells.
public protocol AdminSource: Sendable {
    /// Why the daemon should get no traffic; empty where it is ready.
    func reasonsNotReady() async -> [String]
    /// Prometheus text format.
    func metrics() -> String
}

@available(*, unavailable)
extension AdminHandler: Sendable {}
