internal import KCMAccess
internal import KCMAudit
internal import KCMService
internal import Logging
internal import NIOCore

/// Collects the answers of one event-loop turn, writes their records in one go, and then lets the answers leave.
///
/// One for each event loop, used on that loop alone. What completes while a group is being written forms the next one.
final class AuditTurn {
    /// A connection that waits for its answer to leave. Called on the event loop.
    protocol Connection: AnyObject {
        /// Writes without flushing.
        func write(_ frame: ByteBuffer, closes: Bool)
        /// Sends what was written, and goes on with the next request.
        func finishWriting()
        /// Takes the request that waited for its turn (``AuditTurn/mayTake(_:of:isPipelined:at:)``).
        func takeInTurn()
    }

    private let loop: any EventLoop
    private let queue: AuditQueue
    private let logger: Logger
    private var waiting: [(connection: any Connection, answer: Answer)] = []
    /// Those whose records are being written.
    private var underWay: [(connection: any Connection, answer: Answer)] = []
    /// Also while a group is being written, so that the next one gathers meanwhile.
    private var isScheduled = false
    private static let notesPerSecond = 50
    private var notes: [AuditRecord] = []
    private var noteWindow = NIODeadline.now()
    private var notesInWindow = 0
    /// Without a record, since none was taken or the log could not be written.
    private var unnoted = 0
    /// Not taken since the last that was.
    private var untold = 0
    /// Those of the group that is being written.
    private var notesUnderWay = 0
    private var nextComplaint = NIODeadline.now()
    /// Until then the loop has looked at its sockets.
    static let look = TimeAmount.microseconds(20)
    private var order: TurnOrder<any Connection>
    private var willLook = false

    init(loop: any EventLoop, queue: AuditQueue, logger: Logger, order: TurnOrder<any Connection> = TurnOrder()) {
        self.order = order
        self.loop = loop
        self.queue = queue
        self.logger = logger
    }

    /// Takes an answer; it leaves at the end of this turn of the loop.
    func submit(_ answer: Answer, for connection: any Connection) {
        waiting.append((connection, answer))
        schedule()
    }

    /// Takes a record that no answer waits for, such as a refused handshake. Bounded: past some a second they are counted, and the
    /// next that is taken says how many were not, so that strangers cannot fill the disk.
    /// - Returns: how many were not taken since the last that was; `nil` where this one is not.
    func note(_ record: AuditRecord) -> Int? {
        let now = NIODeadline.now()
        if now >= noteWindow {
            noteWindow = now + .seconds(1)
            notesInWindow = 0
        }
        guard notesInWindow < Self.notesPerSecond else {
            unnoted += 1
            untold += 1
            return nil
        }
        notesInWindow += 1
        var record = record
        if unnoted > 0 {
            record.rule += "; \(unnoted) more like it were not recorded"
            unnoted = 0
        }
        notes.append(record)
        schedule()
        defer { untold = 0 }
        return untold
    }

    /// What stands for a peer's tenant in ``mayTake(_:of:isPipelined:at:)``. Peers that have none share one.
    func tenant(of peer: Peer) -> TurnOrder<any Connection>.Tenant { order.tenant(peer.principal?.tenant ?? "") }

    /// Whether a connection may take its next request now. Where not, the request waits, and the connection is told when it is its turn.
    /// - Parameters:
    ///   - isPipelined: the request had come before the answer to the one before it left.
    ///   - now: about when the request came.
    func mayTake(_ connection: any Connection, of tenant: TurnOrder<any Connection>.Tenant, isPipelined: Bool, at now: NIODeadline) -> Bool {
        switch order.judge(tenant, isPipelined: isPipelined, now: now) {
        case .take: return true
        case .takeCounted:
            lookAtSockets()
            return true
        case .wait:
            order.wait(connection, of: tenant)
            lookAtSockets()
            return false
        }
    }

    private func lookAtSockets() {
        guard !willLook else { return }
        willLook = true
        // What is only executed runs before the loop looks at its sockets; what is scheduled for later does not.
        loop.assumeIsolated().scheduleTask(in: Self.look) {
            self.willLook = false
            for connection in self.order.looked(at: .now()) { connection.takeInTurn() }
            if !self.order.isEmpty { self.lookAtSockets() }
        }
    }

    /// Has a request answered, or refused while the log cannot be written.
    func respond(_ responder: any Responder, to exchange: Exchange, from peer: Peer) -> Reply {
        queue.isFailing ? .now(responder.refuse(unaudited: exchange, from: peer)) : responder.respond(to: exchange, from: peer)
    }

    private func schedule() {
        guard !isScheduled else { return }
        isScheduled = true
        // Runs after the events of this turn, those of other connections included.
        loop.assumeIsolated().execute { self.endTurn() }
    }

    private func endTurn() {
        // `underWay` is empty by now: the two take turns, so that both keep their room.
        swap(&underWay, &waiting)
        var records: [AuditRecord] = notes
        notesUnderWay = notes.count
        notes = []
        records.reserveCapacity(records.count + underWay.count)
        for (_, answer) in underWay { records.append(contentsOf: answer.audit) }
        queue.append(records, for: NIOLoopBound(self, eventLoop: loop), on: loop)
    }

    /// The group that was handed over is in the log, or could not be put there. What has gathered meanwhile follows.
    func written(_ result: Result<Void, any Error>) {
        isScheduled = false
        if case .failure = result { unnoted += notesUnderWay }
        release(underWay, result)
        underWay.removeAll(keepingCapacity: underWay.count < 1024)
        if !waiting.isEmpty || !notes.isEmpty { schedule() }
    }

    private func release(_ group: [(connection: any Connection, answer: Answer)], _ result: Result<Void, any Error>) {
        if case .failure(let error) = result { complain(error) }
        for (connection, answer) in group {
            if case .success = result {
                connection.write(answer.frame, closes: answer.closes)
            } else {
                connection.write(answer.refusal, closes: answer.closes)
            }
        }
        for (connection, _) in group { connection.finishWriting() }
    }

    /// Once a second at most: a full disk is not to fill another.
    private func complain(_ error: any Error) {
        guard nextComplaint <= .now() else { return }
        nextComplaint = .now() + .seconds(1)
        logger.error("the audit log cannot be written; operations are refused until it can: \(error)")
    }
}
