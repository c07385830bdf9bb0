internal import NIOCore
internal import NIOHTTP1

/// Puts each message into a `POST /kmip` and takes the bodies of the answers out (KMIP HTTPS profile, TTLV encoding).
final class HTTPFraming: ChannelDuplexHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = HTTPClientRequestPart

    private let server: String
    private let fields: HTTPHeaders

    /// - Parameters:
    ///   - server: for messages.
    ///   - host: the `Host` field.
    init(server: String, host: String) {
        self.server = server
        fields = ["Host": host, "Content-Type": "application/octet-stream"]
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let frame = unwrapOutboundIn(data)
        var head = HTTPRequestHead(version: .http1_1, method: .POST, uri: "/kmip", headers: fields)
        head.headers.add(name: "Content-Length", value: String(frame.readableBytes))
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(frame))), promise: nil)
        context.write(wrapOutboundOut(.end(nil)), promise: promise)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head) where head.status != .ok:
            context.fireErrorCaught(KMIPClientError(.malformed, "\(server) answered with HTTP status \(head.status.code)"))
        case .body(let bytes): context.fireChannelRead(wrapInboundOut(bytes))
        case .head, .end: break
        }
    }
}

@available(*, unavailable)
extension HTTPFraming: Sendable {}
