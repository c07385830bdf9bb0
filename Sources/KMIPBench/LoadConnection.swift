internal import KMIP
package import KMIPClient
package import NIOCore

/// One connection under load, with one request under way at a time.
///
/// In a closed loop the next request follows the answer to the last. At a fixed rate each has its time, and one that has to wait
/// because the answer before it is late is counted from the time it was due. Lives on the connection's event loop.
package final class LoadConnection {
    private let connection: KMIPConnection
    private let plan: LoadPlan
    private let schedule: RateSchedule?
    private let done: EventLoopPromise<LoadTally>
    private var requests: RequestSequence
    private var sent = 0
    private var tally: LoadTally

    private init(
        _ connection: KMIPConnection,
        _ plan: LoadPlan,
        _ requests: RequestSequence,
        _ schedule: RateSchedule?,
        _ done: EventLoopPromise<LoadTally>
    ) {
        self.connection = connection
        self.plan = plan
        self.requests = requests
        self.schedule = schedule
        self.done = done
        tally = LoadTally(lastAnswer: plan.begin)
    }

    /// Sends until the plan's end, until `requests` are used up, or until the connection is lost.
    /// - Parameter schedule: in nanoseconds of `NIODeadline`; `nil` for a closed loop.
    /// - Returns: what was seen; never fails.
    package static func run(
        _ connection: KMIPConnection,
        _ plan: LoadPlan,
        requests: RequestSequence,
        schedule: RateSchedule? = nil
    ) -> EventLoopFuture<LoadTally> {
        let loop = connection.eventLoop
        return loop.flatSubmit {
            let done = loop.makePromise(of: LoadTally.self)
            LoadConnection(connection, plan, requests, schedule, done).next(wasFree: true)
            return done.futureResult
        }
    }

    /// - Parameter wasFree: whether the connection had nothing under way when this request was due.
    private func next(wasFree: Bool) {
        let now = NIODeadline.now()
        guard let schedule else {
            guard now < plan.end else { return finish() }
            return send(due: now, at: now)
        }
        let due = NIODeadline.uptimeNanoseconds(schedule.due(sent))
        guard now < plan.end, due < plan.end else { return finish() }
        if due <= now {
            if wasFree, due >= plan.begin { tally.lateness.record(UInt64((now - due).nanoseconds)) }
            return send(due: due, at: now)
        }
        connection.eventLoop.assumeIsolated().scheduleTask(deadline: due) { self.next(wasFree: true) }
    }

    private func send(due: NIODeadline, at now: NIODeadline) {
        guard let frame = requests.next() else { return finish() }
        sent += 1
        // By when it is sent: what the warm-up left waiting is still there, and belongs to what a client sees.
        let counts = now >= plan.begin
        connection.sendNow(frame).assumeIsolated().whenComplete { result in
            switch result {
            case .success(let answer):
                self.count(answer, due: due, counts: counts)
                self.next(wasFree: false)
            case .failure(let error):
                self.fail("\(error)")
                self.finish()
            }
        }
    }

    private func finish() {
        if let schedule { tally.unsent = max(schedule.count(before: plan.end.uptimeNanoseconds) - sent, 0) }
        done.succeed(tally)
    }

    private func count(_ answer: ByteBuffer, due: NIODeadline, counts: Bool) {
        let now = NIODeadline.now()
        do throws(KMIPError) {
            if let refusal = try LoadAnswer.refusal(answer) { return fail(refusal) }
            if plan.makesObjects { tally.identifiers += try LoadAnswer.identifiers(answer) }
        } catch { return fail("the answer is not well-formed: \(error)") }
        guard counts else { return }
        tally.lastAnswer = now
        tally.latencies.record(UInt64((now - due).nanoseconds))
    }

    private func fail(_ words: String) {
        tally.failures += 1
        if tally.failure == nil { tally.failure = words }
    }
}

@available(*, unavailable)
extension LoadConnection: Sendable {}
