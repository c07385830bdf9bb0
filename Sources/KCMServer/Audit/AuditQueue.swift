internal import KCMAudit
internal import NIOCore
public import NIOPosix
internal import Synchronization

/// Appends the records of all event loops, the intents of all changes, and what the daemon records by itself to the log: one group at a
/// time, and what comes while a group is being written goes out with the next one, under one signature. So no event loop waits for
/// another thread's write, and under load a signature covers more.
///
/// Bounded: each event loop hands over one group, and the next when that is done; of all else, so many wait.
public final class AuditQueue: Sendable {
    /// Groups that may wait; beyond it, changes are refused for want of their intents.
    private static let maximumWaiting = 8192

    /// Who is told when the records are in the log.
    private enum Waiter {
        case turn(NIOLoopBound<AuditTurn>, any EventLoop)
        case change(CheckedContinuation<Void, any Error>)
        /// The daemon itself, for which no answer waits.
        case daemon(CheckedContinuation<Void, any Error>)
    }

    /// What is done to the log beside appending; told where it may not be any more.
    private typealias Chore = @Sendable (Result<Void, AuditError>) -> Void

    private struct Entry {
        let records: [AuditRecord]
        let waiter: Waiter
    }

    private struct State {
        var waiting: [Entry] = []
        var chores: [Chore] = []
        /// A group is being written, or a chore under way.
        var isWriting = false

        /// - Returns: whether the caller has to see to it that the group is written.
        mutating func begins(with entry: Entry) -> Bool {
            waiting.append(entry)
            return begins()
        }

        mutating func begins(with chore: @escaping Chore) -> Bool {
            chores.append(chore)
            return begins()
        }

        private mutating func begins() -> Bool {
            defer { isWriting = true }
            return !isWriting
        }
    }

    private let sink: any AuditSink
    private let pool: NIOThreadPool?
    private let state = Mutex(State())

    /// - Parameter pool: writes where no event loop may: to a sink that blocks, and intents that no event loop takes along. Started by the
    ///   caller, and stopped by it after the last request. Without one, the caller's thread writes.
    public init(sink: any AuditSink, pool: NIOThreadPool?) {
        self.sink = sink
        self.pool = pool
    }

    /// Groups and intents that are not being written yet.
    var waitingCount: Int { state.withLock { $0.waiting.count } }

    /// The last write failed. Never waits.
    var isFailing: Bool { sink.isFailing }

    /// Has the records written, and then tells `turn` on its loop. To be called on that loop; where nothing is being written, and the sink
    /// does not block, this call writes and `turn` is told before it returns.
    func append(_ records: [AuditRecord], for turn: NIOLoopBound<AuditTurn>, on loop: any EventLoop) {
        let begins = state.withLock { $0.begins(with: Entry(records: records, waiter: .turn(turn, loop))) }
        if begins { write(on: loop) }
    }

    /// Returns once the intents are in the log.
    /// - Throws: where they are not: then the change must not be made.
    func append(intents: [AuditRecord]) async throws {
        try await withCheckedThrowingContinuation { hand(over: Entry(records: intents, waiter: .change($0)), $0) }
    }

    /// Returns once the records, of what the daemon did by itself, are in the log.
    /// - Throws: where they are not.
    func append(_ records: [AuditRecord]) async throws {
        guard !records.isEmpty else { return }
        try await withCheckedThrowingContinuation { hand(over: Entry(records: records, waiter: .daemon($0)), $0) }
    }

    /// Does to the log what is no append, on the pool and while nothing is being written; what comes meanwhile waits, and no event loop does.
    /// - Throws: what `work` throws; `AuditError` where the pool has ended.
    func alone<T: Sendable>(_ work: @escaping @Sendable () throws -> T) async throws -> T {
        try await withCheckedThrowingContinuation { (done: CheckedContinuation<T, any Error>) in
            let begins = state.withLock { state in
                state.begins(with: { allowed in
                    do {
                        try allowed.get()
                        done.resume(returning: try work())
                    } catch { done.resume(throwing: error) }
                })
            }
            if begins { runChore() }
        }
    }

    private func hand(over entry: Entry, _ done: CheckedContinuation<Void, any Error>) {
        let begins: Bool? = state.withLock { state in
            guard state.waiting.count < Self.maximumWaiting else { return nil }
            return state.begins(with: entry)
        }
        guard let begins else { return done.resume(throwing: AuditError(.closed, "\(Self.maximumWaiting) changes wait for the audit log")) }
        if begins { write(on: nil) }
    }

    /// - Parameter loop: the one that may write, and that this is called on; `nil` for none.
    private func write(on loop: (any EventLoop)?) {
        guard let pool, sink.blocks || loop == nil else { return writeGroup(on: loop) }
        pool.submit { state in
            if state == .active { self.writeGroup(on: nil) } else { self.giveUp() }
        }
    }

    /// - Parameter loop: the one that this runs on, if any.
    private func writeGroup(on loop: (any EventLoop)?) {
        let group = takeWaiting()
        let result: Result<Void, any Error>
        do {
            try append(group)
            result = .success(())
        } catch { result = .failure(error) }
        goOn()
        tell(group, result, on: loop)
    }

    private func append(_ group: [Entry]) throws {
        var (items, intents): ([AuditRecord], [AuditRecord]) = ([], [])
        for entry in group {
            switch entry.waiter {
            case .turn: if items.isEmpty { items = entry.records } else { items += entry.records }
            case .change: intents += entry.records
            case .daemon: items += entry.records
            }
        }
        try sink.append(items, intents: intents)
    }

    /// What has come meanwhile is written by a loop that waits for it, since this one has its answers to send; else by the pool.
    private func goOn() {
        let (next, hasChore): (Entry?, Bool) = state.withLock { state in
            state.isWriting = !state.waiting.isEmpty || !state.chores.isEmpty
            return (state.waiting.first { if case .turn = $0.waiter { true } else { false } } ?? state.waiting.first, !state.chores.isEmpty)
        }
        // First, since groups come without end.
        if hasChore { return runChore() }
        guard let next else { return }
        if case .turn(_, let loop) = next.waiter { loop.execute { self.write(on: loop) } } else { write(on: nil) }
    }

    private func runChore() {
        let run: @Sendable () -> Void = {
            let chore: Chore? = self.state.withLock { $0.chores.isEmpty ? nil : $0.chores.removeFirst() }
            chore?(.success(()))
            self.goOn()
        }
        guard let pool else { return run() }
        pool.submit { state in
            if state == .active { run() } else { self.giveUp() }
        }
    }

    /// The daemon has stopped its threads: what waits is not written, its answers do not leave, and its changes are not made.
    private func giveUp() {
        let (group, chores) = state.withLock { state in
            defer { state = State() }
            return (state.waiting, state.chores)
        }
        let ended = AuditError(.closed, "the threads that write the audit log have ended")
        tell(group, .failure(ended), on: nil)
        for chore in chores { chore(.failure(ended)) }
    }

    private func takeWaiting() -> [Entry] {
        state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
    }

    private func tell(_ group: [Entry], _ result: Result<Void, any Error>, on loop: (any EventLoop)?) {
        for entry in group {
            switch entry.waiter {
            case .change(let done), .daemon(let done): done.resume(with: result)
            case .turn(let turn, let own):
                if own === loop { turn.value.written(result) } else { own.execute { turn.value.written(result) } }
            }
        }
    }
}
