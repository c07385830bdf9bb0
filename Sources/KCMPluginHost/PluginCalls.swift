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

    init(_ info: PluginInfo, deadline: Duration, readerCount: Int) {
        name = info.name
        self.deadline = deadline
        // Serialized plugins have one thread for everything.
        let single = NIOThreadPool(numberOfThreads: 1)
        single.start()
        writer = single
        if info.threadModel == .serialized { readers = single } else {
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

    /// Waits for what is under way and stops the threads.
    func close() async {
        try? await readers.shutdownGracefully()
        try? await writer.shutdownGracefully()
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
    func submitWrite<T: Sendable>(_ what: String, _ body: @escaping @Sendable () throws -> T, then: @escaping @Sendable (Result<T, any Error>) -> Void) {
        submit(what, on: writer, deadline: deadline, body, then)
    }

    private func submit<T: Sendable>(
        _ what: String,
        on pool: NIOThreadPool,
        deadline: Duration?,
        _ body: @escaping @Sendable () throws -> T,
        _ then: @escaping @Sendable (Result<T, any Error>) -> Void
    ) {
        guard inFlight.add(1, ordering: .relaxed).newValue <= Self.maximumQueued else {
            inFlight.subtract(1, ordering: .relaxed)
            return then(.failure(StoreError(.unavailable, "plugin \(name): \(Self.maximumQueued) calls are waiting already; \(what) is refused")))
        }
        let once = Once(then)
        let watch = deadline.map { deadline in
            Watchdog.shared.watch(after: deadline) { [name] in
                once.tell(.failure(StoreError(.timedOut, "plugin \(name): \(what) did not return within \(deadline)")))
            }
        }
        pool.submit { state in
            let result: Result<T, any Error> =
                state == .active ? Result { try body() } : .failure(StoreError(.unavailable, "plugin \(self.name) is closed"))
            self.inFlight.subtract(1, ordering: .relaxed)
            if let watch { Watchdog.shared.forget(watch) }
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
