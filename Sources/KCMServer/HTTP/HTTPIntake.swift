internal import NIOCore
internal import NIOHTTP1

/// What has come of HTTP requests that the handlers behind the decoder do not see: a head that is not whole, and requests of a pipeline
/// that wait for the answers before theirs. Used on the connection's event loop alone.
final class HTTPIntake {
    /// When the first byte came of a request that is not whole.
    private(set) var began: NIODeadline?
    /// Whole requests that have come and are not taken up.
    private(set) var waiting = 0
    /// The head of a request has come and its end has not.
    private(set) var isInside = false

    /// A whole request is taken up.
    func takeUp() { waiting -= 1 }

    /// Names and values of a request's head together: a chain of ten certificates in `Client-Cert-Chain` fits.
    static let headLimit = 128 << 10

    /// Puts HTTP into a pipeline: one request at a time, a malformed or endless one answered with an error.
    static func install(in channel: any Channel) throws -> HTTPIntake {
        let intake = HTTPIntake()
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderListSize = headLimit
        limits.maxHeaderFieldCount = 100
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(HTTPResponseEncoder())
        try pipeline.addHandler(Bytes(intake))
        try pipeline.addHandler(ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes, limitConfiguration: limits)))
        try pipeline.addHandler(Requests(intake))
        try pipeline.addHandler(HTTPServerPipelineHandler())
        try pipeline.addHandler(NIOHTTPResponseHeadersValidator())
        try pipeline.addHandler(HTTPServerProtocolErrorHandler())
        return intake
    }

    /// In front of the decoder.
    private final class Bytes: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias InboundOut = ByteBuffer
        private let intake: HTTPIntake
        init(_ intake: HTTPIntake) { self.intake = intake }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            if intake.began == nil { intake.began = .now() }
            context.fireChannelRead(data)
        }
    }

    /// Behind it.
    private final class Requests: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias InboundOut = HTTPServerRequestPart
        private let intake: HTTPIntake
        init(_ intake: HTTPIntake) { self.intake = intake }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head: intake.isInside = true
            case .body: break
            case .end:
                intake.isInside = false
                intake.began = nil
                intake.waiting += 1
            }
            context.fireChannelRead(data)
        }
    }
}

@available(*, unavailable)
extension HTTPIntake: Sendable {}
