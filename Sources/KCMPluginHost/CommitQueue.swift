internal import KCMStore
internal import NIOCore
internal import Synchronization

/// Commits that wait for the writer, each tenant's in order, bounded.
final class CommitQueue: Sendable {
    static let maximum = 8192
    /// Commits in one group at most: beyond it a sync is cheap already, and the first would wait for the last.
    static let groupSize = 256

    private struct State {
        var waiting = CommitLines<Pending>()
        /// With the plugin now.
        var inHand: [Pending] = []
        var isDraining = false
    }

    private let state = Mutex(State())

    /// - Returns: whether the caller has to start the writer; `nil` where the queue is full.
    func add(_ pending: Pending) -> Bool? {
        state.withLock { state in
            guard state.waiting.count < Self.maximum else { return nil }
            state.waiting.add(pending, of: pending.namespace, at: .now())
            defer { state.isDraining = true }
            return !state.isDraining
        }
    }

    /// Up to `count` commits; `nil` ends the draining.
    func take(_ count: Int) -> [Pending]? {
        state.withLock { state in
            state.inHand = []
            guard !state.waiting.isEmpty else {
                state.isDraining = false
                return nil
            }
            let group = state.waiting.take(count, at: .now())
            state.inHand = group
            return group
        }
    }

    /// Fails everyone: the writer did not come back.
    /// - Parameters:
    ///   - error: of those that are with the plugin; what became of them is not known.
    ///   - unbegun: of those that were waiting: nothing of them has reached the plugin, nor will it.
    func failAll(_ error: any Error, unbegun: any Error) {
        let (inHand, waiting) = state.withLock { state in
            defer { state = State() }
            return (state.inHand, state.waiting.takeAll())
        }
        for pending in inHand { pending.finish(.failure(error)) }
        for pending in waiting { pending.finish(.failure(unbegun)) }
    }

    /// One caller's writes and the result it waits for.
    final class Pending: Sendable {
        let namespace: Namespace
        let writes: [StoreWrite]

        private enum Progress {
            case running
            case awaited(CheckedContinuation<Void, any Error>)
            case finished(Result<Void, any Error>)
        }

        private let progress = Mutex(Progress.running)

        init(namespace: Namespace, writes: [StoreWrite]) {
            self.namespace = namespace
            self.writes = writes
        }

        func finish(_ result: Result<Void, any Error>) {
            let waiter: CheckedContinuation<Void, any Error>? = progress.withLock { progress in
                switch progress {
                case .running:
                    progress = .finished(result)
                    return nil
                case .awaited(let waiter):
                    progress = .finished(result)
                    return waiter
                case .finished: return nil
                }
            }
            waiter?.resume(with: result)
        }

        func result() async throws {
            try await withCheckedThrowingContinuation { (waiter: CheckedContinuation<Void, any Error>) in
                let done: Result<Void, any Error>? = progress.withLock { progress in
                    if case .finished(let result) = progress { return result }
                    progress = .awaited(waiter)
                    return nil
                }
                if let done { waiter.resume(with: done) }
            }
        }
    }
}
