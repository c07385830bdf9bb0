internal import KCMService
internal import NIOCore

/// The last handler of a KMIP connection: frames, one request at a time, answers in order, each in one write.
///
/// What comes while an answer is awaited is held, and nothing more is read then; nor is anything while the peer does not read. So a
/// connection holds one message, one read behind it, and what its socket buffers hold. Reading goes on until then, since to stop and to
/// start again would be two system calls for each request.
///
/// What there is of a message that is not whole counts as under way. Where that is too much, the message is refused as it stands, and the
/// rest of it thrown away as it comes.
final class KMIPConnectionHandler: ChannelDuplexHandler, AuditTurn.Connection {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum Activity {
        /// The next request may be taken.
        case idle
        /// Others have their turn before the next request, or it comes too soon.
        case resting
        /// An answer is awaited, or on its way through the audit log.
        case answering
        /// Nothing is taken any more; closes when the last answer has left.
        case closing
    }

    private let watch: PeerWatch
    private let responder: any Responder
    private let turn: AuditTurn
    private let limits: ServerLimits
    private var decoder: KMIPFrameDecoder
    private let tenant: TurnOrder<any AuditTurn.Connection>.Tenant
    /// A request that waits for its turn.
    private var held: ByteBuffer?
    /// The next request came before the answer to the last had left.
    private var isPipelined = false
    private var activity = Activity.idle
    /// The server stops: what has come is answered, and no more is read.
    private var isStopping = false
    /// When it was told to stop.
    private var drainBegan: NIODeadline?
    /// Requests have come before the answers to those ahead of them.
    private var sendsAhead = false
    /// Since the last look at the socket began.
    private var hasAnswered = false
    private var leaving: Scheduled<Void>?
    private var closesAfterAnswer = false
    private var pausesAfterAnswer = false
    private var holdsRead = false
    private var context: ChannelHandlerContext?
    private var lastRequest = NIODeadline.now()
    private var messageBegan: NIODeadline?
    private var unfinished: UnfinishedBytes
    private var check: Scheduled<Void>?

    init(watch: PeerWatch, responder: any Responder, turn: AuditTurn, limits: ServerLimits) {
        self.watch = watch
        self.responder = responder
        self.turn = turn
        self.limits = limits
        tenant = turn.tenant(of: watch.peer)
        decoder = KMIPFrameDecoder(limit: limits.message)
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

    // MARK: Reading

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard activity != .closing else { return }
        decoder.append(unwrapInboundIn(data))
        takeRequest()
    }

    func read(context: ChannelHandlerContext) {
        if mayRead(context) { context.read() } else { holdsRead = true }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        takeRequest()
        settle()
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        activity = .closing
        check?.cancel()
        unfinished.clear()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event is DrainRequest else { return context.fireUserInboundEventTriggered(event) }
        drainBegan = context.eventLoop.now
        leaveWhenRead(context)
    }

    /// Stops when there was time to read what the socket holds.
    private func leaveWhenRead(_ context: ChannelHandlerContext) {
        (isStopping, hasAnswered) = (false, false)
        leaving = context.eventLoop.assumeIsolated().scheduleTask(in: ServerLimits.lastRead) {
            self.isStopping = true
            self.takeRequest()
            self.settle()
        }
    }

    private func mayRead(_ context: ChannelHandlerContext) -> Bool {
        switch activity {
        // The peer's own close has to be seen.
        case .closing: true
        case .answering, .resting: !isStopping && !decoder.isInsideMessage && context.channel.isWritable
        case .idle: !isStopping && context.channel.isWritable
        }
    }

    /// Reads on where nothing whole is left of what was read; where the server stops, that is the end.
    private func settle() {
        guard activity == .idle, let context, context.channel.isWritable else { return }
        if isStopping {
            // The next of a pipeline may be in the socket: nothing was read while messages waited for their answers.
            guard sendsAhead, hasAnswered, let drainBegan, context.eventLoop.now - drainBegan < ServerLimits.lastPipeline else {
                return close(context)
            }
            leaveWhenRead(context)
        }
        guard holdsRead else { return }
        holdsRead = false
        context.read()
    }

    private func close(_ context: ChannelHandlerContext) {
        activity = .closing
        context.close(promise: nil)
        if holdsRead { context.read() }
    }

    // MARK: Answering

    private func takeRequest() {
        // A small request can have a large answer: those that came pipelined wait until the peer has read what it asked for before.
        guard activity == .idle, let context, context.channel.isWritable else { return }
        let frame: ByteBuffer?
        do throws(KMIPFrameDecoder.Failure) { frame = try decoder.next() } catch {
            // Where the next message begins is lost with this one.
            activity = .answering
            return turn.submit(responder.refuse(malformed: error.text, from: watch.peer), for: self)
        }
        guard let frame else {
            messageBegan = decoder.isInsideMessage || decoder.isDropping ? messageBegan ?? .now() : nil
            if let refusal = unfinished.rise(to: decoder.heldBytes) { refuse(refusal) }
            return
        }
        messageBegan = nil
        lastRequest = .now()
        guard turn.mayTake(self, of: tenant, isPipelined: isPipelined, at: lastRequest) else {
            held = frame
            activity = .resting
            return
        }
        answer(frame, context)
    }

    func takeInTurn() {
        guard activity == .resting, let frame = held, let context else { return }
        held = nil
        answer(frame, context)
    }

    private func answer(_ frame: ByteBuffer, _ context: ChannelHandlerContext) {
        activity = .answering
        // Until now it counted, also while it waited for its turn.
        unfinished.clear()
        // A certificate that is not good any more is told so once.
        closesAfterAnswer = !watch.isStillGood()
        switch turn.respond(responder, to: Exchange(frame: frame), from: watch.peer) {
        case .now(let answer):
            pausesAfterAnswer = answer.pauses
            turn.submit(answer, for: self)
        case .later(let work):
            pausesAfterAnswer = false
            context.eventLoop.makeFutureWithTask(work).assumeIsolated().whenSuccess { self.turn.submit($0, for: self) }
        }
    }

    private func refuse(_ refusal: LoadRefusal) {
        decoder.drop()
        unfinished.clear()
        activity = .answering
        closesAfterAnswer = !watch.isStillGood()
        let answer = responder.refuse(unfinished: refusal, from: watch.peer)
        pausesAfterAnswer = answer.pauses
        turn.submit(answer, for: self)
    }

    func write(_ frame: ByteBuffer, closes: Bool) {
        guard let context else { return }
        if closes || closesAfterAnswer { activity = .closing }
        if frame.readableBytes > 0 { context.write(wrapOutboundOut(frame), promise: nil) }
    }

    func finishWriting() {
        guard let context else { return }
        context.flush()
        lastRequest = .now()
        if activity == .closing { return close(context) }
        activity = .resting
        if pausesAfterAnswer, !isStopping {
            pausesAfterAnswer = false
            context.eventLoop.assumeIsolated().scheduleTask(in: ServerLimits.pause) { self.takeNext() }
            return
        }
        takeNext()
    }

    private func takeNext() {
        guard activity == .resting, held == nil else { return }
        activity = .idle
        isPipelined = decoder.isInsideMessage
        sendsAhead = sendsAhead || isPipelined
        hasAnswered = true
        takeRequest()
        isPipelined = false
        settle()
    }

    // MARK: Time

    private func scheduleCheck(_ context: ChannelHandlerContext) {
        check = context.eventLoop.assumeIsolated().scheduleTask(in: min(limits.idle, limits.messageTime, .seconds(15))) {
            self.checkTime()
            if let context = self.context { self.scheduleCheck(context) }
        }
    }

    private func checkTime() {
        let now = NIODeadline.now()
        if let messageBegan, now - messageBegan > limits.messageTime { context?.close(promise: nil) }
        guard activity == .idle else { return }
        if now - lastRequest > limits.idle || !watch.isStillGood() { context?.close(promise: nil) }
    }
}

@available(*, unavailable)
extension KMIPConnectionHandler: Sendable {}
