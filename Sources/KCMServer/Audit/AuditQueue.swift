internal import KCMAudit
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// Appends the records of all event loops to the log, one group at a time: what comes while a group is being written goes out with the
/// next one, under one signature. So no event loop waits for another's write, and under load a signature covers more.
///
/// Bounded: each event loop hands over one group, and the next when that is done. A log that waits for its disk is written on a thread
/// of its own.
final class AuditQueue: Sendable {
    private struct Entry: Sendable {
        let records: [AuditRecord]
        let loop: any EventLoop
        let turn: NIOLoopBound<AuditTurn>
    }

    private struct State {
        var waiting: [Entry] = []
        var isWriting = false
    }

    private let sink: any AuditSink
    private let blockingPool: NIOThreadPool?
    private let state = Mutex(State())

    /// - Parameter blockingPool: for a sink that blocks; started by the caller.
    init(sink: any AuditSink, blockingPool: NIOThreadPool?) {
        self.sink = sink
        self.blockingPool = sink.blocks ? blockingPool : nil
    }

    /// The last write failed. Never waits.
    var isFailing: Bool { sink.isFailing }

    /// Has the records written, and then tells `turn` on its loop. To be called on that loop; where nothing is being written, this call
    /// writes and `turn` is told before it returns.
    func append(_ records: [AuditRecord], for turn: NIOLoopBound<AuditTurn>, on loop: any EventLoop) {
        let begins = state.withLock { state in
            state.waiting.append(Entry(records: records, loop: loop, turn: turn))
            defer { state.isWriting = true }
            return !state.isWriting
        }
        if begins { write(on: loop) }
    }

    private func write(on loop: any EventLoop) {
        guard let blockingPool else { return writeGroup(on: loop) }
        blockingPool.submit { pool in
            if pool == .active { self.writeGroup(on: nil) } else { self.giveUp() }
        }
    }

    /// - Parameter loop: the one that this runs on, if any.
    private func writeGroup(on loop: (any EventLoop)?) {
        let group = takeWaiting()
        let result: Result<Void, any Error>
        do {
            try sink.append(group.count == 1 ? group[0].records : group.flatMap(\.records))
            result = .success(())
        } catch { result = .failure(error) }
        let next = state.withLock { state in
            state.isWriting = !state.waiting.isEmpty
            return state.waiting.first?.loop
        }
        if let next {
            // The loop that waits goes on with it, since this one has its answers to send.
            if blockingPool != nil { write(on: next) } else { next.execute { self.writeGroup(on: next) } }
        }
        finish(group, result, on: loop)
    }

    /// The daemon has stopped its threads: what waits is not written, and its answers do not leave.
    private func giveUp() {
        let group = takeWaiting()
        state.withLock { $0.isWriting = false }
        finish(group, .failure(AuditError(.closed, "the threads that write the audit log have ended")), on: nil)
    }

    private func takeWaiting() -> [Entry] {
        state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
    }

    private func finish(_ group: [Entry], _ result: Result<Void, any Error>, on loop: (any EventLoop)?) {
        for entry in group {
            if let loop, loop === entry.loop {
                entry.turn.value.written(result)
            } else {
                entry.loop.execute { entry.turn.value.written(result) }
            }
        }
    }
}
