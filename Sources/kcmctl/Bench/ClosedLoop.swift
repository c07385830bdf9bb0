internal import KMIP
internal import KMIPClient
internal import NIOCore

/// One connection that sends its next request as soon as the answer to the last one is there.
///
/// Lives on the connection's event loop, from ``run(_:_:)`` to the end of its window.
final class ClosedLoop {
    /// What every connection of a run does.
    struct Plan: Sendable {
        let frame: ByteBuffer
        /// Requests sent before it warm up and are not counted.
        let begin: NIODeadline
        /// No request is sent after it.
        let end: NIODeadline
        /// Whether the answers name new objects.
        let makesObjects: Bool
    }

    /// What one connection has seen.
    struct Tally: Sendable {
        var latencies = LatencyHistogram()
        /// Answers that are no success, and a lost connection; warm-up included.
        var failures = 0
        /// The first of them, in words.
        var failure: String?
        /// Objects made, warm-up included.
        var identifiers: [String] = []
        var lastAnswer: NIODeadline
    }

    private let connection: KMIPConnection
    private let plan: Plan
    private let done: EventLoopPromise<Tally>
    private var tally: Tally

    private init(_ connection: KMIPConnection, _ plan: Plan, _ done: EventLoopPromise<Tally>) {
        self.connection = connection
        self.plan = plan
        self.done = done
        tally = Tally(lastAnswer: plan.begin)
    }

    /// Sends `plan.frame` again and again until the plan's end, or until the connection is lost.
    static func run(_ connection: KMIPConnection, _ plan: Plan) -> EventLoopFuture<Tally> {
        let loop = connection.eventLoop
        return loop.flatSubmit {
            let done = loop.makePromise(of: Tally.self)
            ClosedLoop(connection, plan, done).next()
            return done.futureResult
        }
    }

    private func next() {
        let sent = NIODeadline.now()
        guard sent < plan.end else { return done.succeed(tally) }
        connection.sendNow(plan.frame).assumeIsolated().whenComplete { result in
            switch result {
            case .success(let answer):
                self.count(answer, sent: sent)
                self.next()
            case .failure(let error):
                self.fail("\(error)")
                self.done.succeed(self.tally)
            }
        }
    }

    private func count(_ answer: ByteBuffer, sent: NIODeadline) {
        let now = NIODeadline.now()
        do throws(KMIPError) {
            if let refusal = try Self.refusal(answer) { return fail(refusal) }
            if plan.makesObjects { tally.identifiers.append(try Self.identifier(answer)) }
        } catch { return fail("the answer is not well-formed: \(error)") }
        guard sent >= plan.begin else { return }
        tally.lastAnswer = now
        tally.latencies.record(UInt64((now - sent).nanoseconds))
    }

    private func fail(_ words: String) {
        tally.failures += 1
        if tally.failure == nil { tally.failure = words }
    }

    /// Looks no further than the Result Status: the time of reading an answer is the client's, not the server's.
    /// - Returns: reason and message of a failure, `nil` for a success.
    private static func refusal(_ answer: ByteBuffer) throws(KMIPError) -> String? {
        var message = try TTLVReader(message: answer, tag: .responseMessage)
        while let item = try message.next() {
            guard item.tag == .batchItem else { continue }
            var fields = try message.structure(item)
            while let field = try fields.next() {
                guard field.tag == .resultStatus else { continue }
                if try fields.enumeration(field, as: ResultStatus.self) == .success { return nil }
                let failed = try ResponseMessage(frame: answer).items.first
                return "\(failed?.resultReason?.description ?? "GeneralFailure"): \(failed?.resultMessage ?? "")"
            }
        }
        return "the answer has no batch item"
    }

    private static func identifier(_ answer: ByteBuffer) throws(KMIPError) -> String {
        var reader = TTLVReader(items: try ResponseMessage(frame: answer).items.first?.payload ?? ByteBuffer())
        return try CreateResponse(from: &reader).uniqueIdentifier
    }
}

@available(*, unavailable)
extension ClosedLoop: Sendable {}
