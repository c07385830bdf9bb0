internal import KCMService
internal import KMIPText
internal import NIOCore
internal import NIOHTTP1

/// `POST /kmip` (KMIP 1.4 HTTPS profile): one request at a time, the same responder and audit as on TCP.
final class KMIPHTTPHandler: ChannelDuplexHandler, AuditTurn.Connection {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private let watch: PeerWatch
    private let responder: any Responder
    private let turn: AuditTurn
    private let limits: ServerLimits
    private let intake: HTTPIntake
    private var context: ChannelHandlerContext?
    private var head: HTTPRequestHead?
    private var body = GatheredBytes()
    private var unfinished: UnfinishedBytes
    /// The body of the request that was taken last is being decoded.
    private var isDecoding = false
    /// The limit in the way of a body's rest, which is thrown away as it comes; the answer to its end says so.
    private var overload: LoadRefusal?
    /// A whole request that waits: for the peer to read what it asked for before, or for others to have their turn.
    private var held: HTTPRequestHead?
    /// The end of an answer is being written, within which the next request of a pipeline comes in.
    private var isWriting = false
    /// Set once a request is refused before its body was read: the rest is skipped.
    private var refusal: HTTPResponseStatus?
    /// What the answer on its way is to be sent with.
    private var status = HTTPResponseStatus.ok
    /// Of the request that was taken last, and of its answer.
    private var encoding = MessageEncoding.ttlv
    private var isAnswering = false
    /// The last answer is written: nothing is taken any more, and the connection closes with the flush.
    private var isClosing = false
    /// A refusal has left before the body was there: the rest is thrown away first, since a client that writes all of it before it
    /// reads would be reset and never see the answer.
    private var isLingering = false
    private var pausesAfterAnswer = false
    /// The next request comes too soon after a refusal.
    private var isPausing = false
    private let tenant: TurnOrder<any AuditTurn.Connection>.Tenant
    /// The request that is held waits for its turn.
    private var isResting = false
    private var keepsAlive = true
    /// When the server was told to stop.
    private var drainBegan: NIODeadline?
    /// Requests have come before the answers to those ahead of them.
    private var sendsAhead = false
    private var leaving: Scheduled<Void>?
    /// As much time has passed since then as is given to what its sockets hold already.
    private var isStopping = false
    private var holdsRead = false
    private var lastRequest = NIODeadline.now()
    private var check: Scheduled<Void>?

    init(watch: PeerWatch, responder: any Responder, turn: AuditTurn, limits: ServerLimits, intake: HTTPIntake) {
        self.intake = intake
        self.watch = watch
        self.responder = responder
        self.turn = turn
        self.limits = limits
        tenant = turn.tenant(of: watch.peer)
        unfinished = responder.unfinishedBytes(of: watch.peer)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        scheduleCheck(context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        check?.cancel()
        leaving?.cancel()
        self.context = nil
    }

    /// A peer that does not read its answers is not read from.
    func read(context: ChannelHandlerContext) {
        if context.channel.isWritable { context.read() } else { holdsRead = true }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        takeNext()
        if holdsRead, context.channel.isWritable {
            holdsRead = false
            context.read()
        }
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        check?.cancel()
        if !isDecoding { unfinished.clear() }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event is DrainRequest else { return context.fireUserInboundEventTriggered(event) }
        drainBegan = context.eventLoop.now
        leaveWhenRead(context)
    }

    /// Closes when there was time to read what the socket holds, and nothing came.
    private func leaveWhenRead(_ context: ChannelHandlerContext) {
        leaving?.cancel()
        isStopping = false
        leaving = context.eventLoop.assumeIsolated().scheduleTask(in: ServerLimits.lastRead) {
            self.isStopping = true
            self.leaveIfDone()
        }
    }

    private func leaveIfDone() {
        if isStopping, head == nil, held == nil, !isAnswering { context?.close(promise: nil) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isClosing else {
            if isLingering, case .end = unwrapInboundIn(data) { context.close(promise: nil) }
            return
        }
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            lastRequest = .now()
            body.clear()
            overload = nil
            keepsAlive = head.isKeepAlive
            refusal = Self.refusal(of: head, limit: limits.message)
            let asksFirst = head.headers["expect"].contains { $0.lowercased() == "100-continue" }
            if let refusal {
                // Who asks first may never send the body, and one that is too long is not waited for.
                if asksFirst || refusal == .payloadTooLarge { refuseNow(refusal) }
            } else if asksFirst {
                context.writeAndFlush(wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: .continue))), promise: nil)
            }
        case .body(let part):
            guard refusal == nil, overload == nil else { return }
            guard body.count + part.readableBytes <= limits.message else {
                return refuseNow(.payloadTooLarge)
            }
            body.append(part)
            overload = unfinished.rise(to: body.count)
            if overload != nil { dropBody() }
        case .end:
            guard let head else { return }
            self.head = nil
            intake.takeUp()
            held = head
            // Not from within the write of the answer before: a long pipeline would be a deep stack.
            if !isWriting { takeNext() }
        }
    }

    private func takeNext(isPipelined: Bool = false) {
        guard held != nil, !isPausing, !isResting, let context, context.channel.isWritable else { return }
        guard turn.mayTake(self, of: tenant, isPipelined: isPipelined, at: .now()) else {
            isResting = true
            return
        }
        takeHeld()
    }

    func takeInTurn() {
        isResting = false
        takeHeld()
    }

    private func takeHeld() {
        // A small request can have a large answer: those that came pipelined wait until the peer has read what it asked for before.
        guard !isPausing, let head = held, let context, context.channel.isWritable else { return }
        held = nil
        guard let refusal else { return answer(head) }
        write(refusal, ByteBuffer())
        finishWriting()
    }

    private static func refusal(of head: HTTPRequestHead, limit: Int) -> HTTPResponseStatus? {
        guard head.uri == "/kmip" else { return .notFound }
        guard head.method == .POST else { return .methodNotAllowed }
        guard MessageEncoding(header: head.headers.first(name: "content-type")) != nil else { return .unsupportedMediaType }
        if let length = head.headers.first(name: "content-length").flatMap({ Int($0) }), length > limit { return .payloadTooLarge }
        return nil
    }

    private func answer(_ head: HTTPRequestHead) {
        guard let context else { return }
        isAnswering = true
        status = .ok
        if !watch.isStillGood() { keepsAlive = false }
        encoding = MessageEncoding(header: head.headers.first(name: "content-type")) ?? .ttlv
        if let overload {
            let answer = responder.refuse(unfinished: overload, from: watch.peer)
            pausesAfterAnswer = answer.pauses
            return turn.submit(answer, for: self)
        }
        let (body, encoding, limit) = (body.take(body.count), encoding, limits.message)
        // It counts until it is decoded, also while it waits for a thread that does it.
        isDecoding = true
        MessageEncoding.transcode(size: encoding.isText ? body.readableBytes : 0, on: context.eventLoop) { () throws(KMIPTextError) in
            try encoding.decode(body, limit: limit)
        } then: { message in
            self.isDecoding = false
            self.unfinished.clear()
            switch message {
            case .success(let frame): self.answer(head, frame)
            case .failure(let error): self.refuse("The message is not well-formed: \(error)")
            }
        }
    }

    private func refuse(_ text: String) {
        status = .badRequest
        var answer = responder.refuse(malformed: text, from: watch.peer)
        // Where the next request begins is known, whatever was in this one.
        answer.closes = false
        pausesAfterAnswer = answer.pauses
        turn.submit(answer, for: self)
    }

    private func answer(_ head: HTTPRequestHead, _ frame: ByteBuffer) {
        guard let context else { return }
        let chain: [[UInt8]]?
        do throws(ClientCertificateHeaders.Malformed) { chain = try ClientCertificateHeaders.chain(head.headers) } catch {
            status = .badRequest
            return turn.submit(responder.refuse(malformed: error.text, from: watch.peer), for: self)
        }
        let exchange = Exchange(
            frame: frame,
            traceparent: head.headers.first(name: "traceparent"),
            propagatedChain: chain,
            actingTenant: head.headers.first(name: "openkcm-tenant")
        )
        switch turn.respond(responder, to: exchange, from: watch.peer) {
        case .now(let answer):
            pausesAfterAnswer = answer.pauses
            turn.submit(answer, for: self)
        case .later(let work):
            pausesAfterAnswer = false
            context.eventLoop.makeFutureWithTask(work).assumeIsolated().whenSuccess { self.turn.submit($0, for: self) }
        }
    }

    // MARK: Writing

    func write(_ frame: ByteBuffer, closes: Bool) {
        if closes { keepsAlive = false }
        guard encoding.isText, let context else { return write(status, frame) }
        let encoding = encoding
        // Until the text is there, on this loop or from a thread, the answer counts as awaited.
        MessageEncoding.transcode(size: frame.readableBytes, on: context.eventLoop) { () throws(KMIPTextError) in
            try encoding.encode(frame)
        } then: { text in
            switch text {
            case .success(let text): self.write(self.status, text)
            // A value that the encoding has no way to write, such as a control character in XML.
            case .failure: self.write(.notAcceptable, ByteBuffer())
            }
            self.finishWriting()
        }
    }

    func finishWriting() {
        guard let context else { return }
        context.flush()
        if isClosing { return context.close(promise: nil) }
        // A text answer is not written yet in the first of two calls.
        if pausesAfterAnswer, !isAnswering, !isStopping {
            (pausesAfterAnswer, isPausing) = (false, true)
            context.eventLoop.assumeIsolated().scheduleTask(in: ServerLimits.pause) {
                self.isPausing = false
                self.takeNext()
            }
        }
        if held != nil { takeNext(isPipelined: true) } else { leaveIfDone() }
    }

    private func dropBody() {
        body.clear()
        unfinished.clear()
    }

    /// Answers before the body is read to its end; the connection closes with that, or when its time is up.
    private func refuseNow(_ status: HTTPResponseStatus) {
        head = nil
        dropBody()
        keepsAlive = false
        isLingering = true
        write(status, ByteBuffer())
        context?.flush()
    }

    private func write(_ status: HTTPResponseStatus, _ body: ByteBuffer) {
        guard let context else { return }
        // Before the end is written: with it, the next request of a pipeline comes in at once, and what is said from then on of
        // keeping alive and answering is said of that one.
        sendsAhead = sendsAhead || intake.waiting > 0 || intake.isInside
        isClosing = !keepsAlive
        if !isClosing, let drainBegan, intake.waiting == 0 {
            // The next of a pipeline may be in the socket: nothing is read while any of it waits for its answer.
            if sendsAhead, context.eventLoop.now - drainBegan < ServerLimits.lastPipeline {
                leaveWhenRead(context)
            } else {
                isClosing = true
            }
        }
        isAnswering = false
        lastRequest = .now()
        var headers = HTTPHeaders()
        if body.readableBytes > 0 { headers.add(name: "Content-Type", value: encoding.contentType) }
        if status == .methodNotAllowed { headers.add(name: "Allow", value: "POST") }
        headers.add(name: "Content-Length", value: String(body.readableBytes))
        headers.add(name: "Cache-Control", value: "no-store")
        if isClosing { headers.add(name: "Connection", value: "close") }
        context.write(wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: status, headers: headers))), promise: nil)
        if body.readableBytes > 0 { context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil) }
        isWriting = true
        context.write(wrapOutboundOut(.end(nil)), promise: nil)
        isWriting = false
    }

    private func scheduleCheck(_ context: ChannelHandlerContext) {
        check = context.eventLoop.assumeIsolated().scheduleTask(in: min(limits.idle, limits.messageTime, .seconds(15))) {
            self.checkTime()
            if let context = self.context { self.scheduleCheck(context) }
        }
    }

    private func checkTime() {
        guard !isAnswering else { return }
        let isIdle = head == nil && !isLingering && intake.began == nil
        // Pieces of a message do not count: only a whole one in time keeps the connection.
        let waited = NIODeadline.now() - (isLingering || isIdle ? lastRequest : intake.began ?? lastRequest)
        if waited > (isIdle ? limits.idle : limits.messageTime) || (isIdle && !watch.isStillGood()) { context?.close(promise: nil) }
    }
}

extension Substring {
    var trimmingSpaces: Substring {
        var text = self
        while text.first == " " || text.first == "\t" { text.removeFirst() }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return text
    }
}

@available(*, unavailable)
extension KMIPHTTPHandler: Sendable {}
