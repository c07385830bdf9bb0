internal import CKCMPlugin
internal import KCMStore
internal import NIOPosix
internal import Synchronization

/// Runs a plugin's blocking functions on threads of their own, as many at a time as its thread model allows, each with a deadline.
///
/// A call that does not come back in time fails for its caller; the thread and everything the plugin was given stay with the call
/// until it returns. Work is bounded: past ``maximumQueued`` waiting calls, new ones are refused.
final class PluginCalls: Sendable {
    static let maximumQueued = 4096

    private let name: String
    private let deadline: Duration
    private let readers: NIOThreadPool
    private let writer: NIOThreadPool
    private let inFlight = Atomic<Int>(0)
    private let counted = Mutex(PluginMetrics())
    /// How long ``close()`` waits for calls that are still in the plugin, at least.
    private static let leastGrace = Duration.seconds(5)

    init(_ info: PluginInfo, deadline: Duration, readerCount: Int) {
        name = info.name
        self.deadline = deadline
        // Serialized plugins have one thread for everything.
        let single = NIOThreadPool(numberOfThreads: 1)
        single.start()
        writer = single
        if info.threadModel == .serialized {
            readers = single
        } else {
            readers = NIOThreadPool(numberOfThreads: readerCount)
            readers.start()
        }
    }

    /// Runs `body` on a reader thread.
    /// - Parameter isBounded: whether the deadline holds; what an operator asks for on purpose may take as long as it takes.
    func read<T: Sendable>(_ what: String, isBounded: Bool = true, _ body: @escaping @Sendable () throws -> T) async throws -> T {
        try await run(what, on: readers, deadline: isBounded ? deadline : nil, body)
    }

    /// Runs `body` on the one writer thread.
    func write<T: Sendable>(_ what: String, _ body: @escaping @Sendable () throws -> T) async throws -> T {
        try await run(what, on: writer, deadline: deadline, body)
    }

    /// Counts of calls, and what waits now.
    var metrics: PluginMetrics {
        var metrics = counted.withLock { $0 }
        metrics.waiting = inFlight.load(ordering: .relaxed)
        return metrics
    }

    /// Notes how many batches a commit takes along.
    func count(batches: Int) { counted.withLock { $0.batches += UInt64(batches) } }

    private func count(_ what: String, _ outcome: PluginMetrics.Outcome) {
        counted.withLock { $0.calls[.init(call: what, outcome: outcome), default: 0] += 1 }
    }

    /// Waits for what is under way and stops the threads; a call that does not come back is waited for as long as a deadline, no longer.
    /// - Returns: whether the plugin is free of calls; where not, it must not be closed.
    func close() async -> Bool {
        await withCheckedContinuation { (continuation: CheckedContinuation<Bool, Never>) in
            let once = Once<Bool> { continuation.resume(returning: (try? $0.get()) ?? false) }
            let watch = Watchdog.shared.watch(after: max(deadline, Self.leastGrace)) { once.tell(.success(false)) }
            Task { [readers, writer] in
                try? await readers.shutdownGracefully()
                try? await writer.shutdownGracefully()
                Watchdog.shared.forget(watch)
                once.tell(.success(true))
            }
        }
    }

    private func run<T: Sendable>(
        _ what: String,
        on pool: NIOThreadPool,
        deadline: Duration?,
        _ body: @escaping @Sendable () throws -> T
    ) async throws -> T {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<T, any Error>) in
            submit(what, on: pool, deadline: deadline, body) { continuation.resume(with: $0) }
        }
    }

    /// Runs `body` on the writer thread and tells the result once, on that thread or, past the deadline, on another.
    /// - Parameter isGood: whether a result counts as the plugin's success; `nil` where it was not called at all.
    func submitWrite<T: Sendable>(
        _ what: String,
        _ body: @escaping @Sendable () throws -> T,
        isGood: @escaping @Sendable (T) -> Bool?,
        then: @escaping @Sendable (Result<T, any Error>) -> Void
    ) {
        submit(what, on: writer, deadline: deadline, body, isGood: isGood, then)
    }

    private func submit<T: Sendable>(
        _ what: String,
        on pool: NIOThreadPool,
        deadline: Duration?,
        _ body: @escaping @Sendable () throws -> T,
        isGood: @escaping @Sendable (T) -> Bool? = { _ in true },
        _ then: @escaping @Sendable (Result<T, any Error>) -> Void
    ) {
        guard inFlight.add(1, ordering: .relaxed).newValue <= Self.maximumQueued else {
            inFlight.subtract(1, ordering: .relaxed)
            count(what, .refused)
            return then(.failure(StoreError(.unavailable, "plugin \(name): \(Self.maximumQueued) calls are waiting already; \(what) is refused")))
        }
        let once = Once(then)
        let watch = deadline.map { deadline in
            Watchdog.shared.watch(after: deadline) { [name] in
                self.count(what, .timedOut)
                once.tell(.failure(StoreError(.timedOut, "plugin \(name): \(what) did not return within \(deadline)")))
            }
        }
        pool.submit { state in
            let result: Result<T, any Error> =
                state == .active ? Result { try body() } : .failure(StoreError(.unavailable, "plugin \(self.name) is closed"))
            self.inFlight.subtract(1, ordering: .relaxed)
            // A call past its deadline was counted then.
            if watch.map({ Watchdog.shared.forget($0) }) ?? true {
                let good: Bool? = if case .success(let value) = result { isGood(value) } else { false }
                if let good { self.count(what, good ? .ok : .failed) }
            }
            once.tell(result)
        }
    }

    /// Tells the first result and drops a later one.
    private final class Once<T: Sendable>: Sendable {
        private let then: Mutex<(@Sendable (Result<T, any Error>) -> Void)?>
        init(_ then: @escaping @Sendable (Result<T, any Error>) -> Void) { self.then = Mutex(then) }
        func tell(_ result: Result<T, any Error>) {
            let waiting = then.withLock { then in
                defer { then = nil }
                return then
            }
            waiting?(result)
        }
    }
}
