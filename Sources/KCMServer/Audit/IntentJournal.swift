internal import KCMAudit
internal import KCMService
public import NIOPosix
internal import KMIP
internal import KCMEngine
internal import Synchronization

/// Writes intents to the audit log: those of all tasks that wait while one write is under way go out as the next one.
public final class IntentJournal: Sendable {
    /// Intents that may wait; beyond it, changes are refused.
    private static let maximumWaiting = 8192

    private struct State {
        var waiting: [(records: [AuditRecord], done: CheckedContinuation<Void, any Error>)] = []
        var isWriting = false
    }

    private let sink: any IntentSink
    private let pool: NIOThreadPool
    private let state = Mutex(State())

    /// - Parameter pool: does the writes; started by the caller, and stopped by it after the last change.
    public init(sink: any IntentSink, pool: NIOThreadPool) {
        self.sink = sink
        self.pool = pool
    }

    /// Returns once the records are in the log.
    /// - Throws: `OperationFailure` where they are not: nothing may be changed then.
    func record(_ records: [AuditRecord]) async throws {
        do {
            try await withCheckedThrowingContinuation { (done: CheckedContinuation<Void, any Error>) in
                let starts: Bool? = state.withLock { state in
                    guard state.waiting.count < Self.maximumWaiting else { return nil }
                    state.waiting.append((records, done))
                    defer { state.isWriting = true }
                    return !state.isWriting
                }
                guard let starts else { return done.resume(throwing: AuditError(.closed, "\(Self.maximumWaiting) changes wait for the audit log")) }
                if starts { pool.submit { _ in self.writeAll() } }
            }
        } catch {
            InternalFailure.report(error)
            throw OperationFailure(.generalFailure, "The audit log cannot be written; the server serves nothing until it can")
        }
    }

    private func writeAll() {
        while true {
            let group = state.withLock { state in
                defer { state.waiting = [] }
                state.isWriting = !state.waiting.isEmpty
                return state.waiting
            }
            guard !group.isEmpty else { return }
            let result = Result { try sink.append(intents: group.flatMap(\.records)) }
            for one in group { one.done.resume(with: result) }
        }
    }
}
