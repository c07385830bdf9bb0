internal import Glibc
internal import KCMCrypto
public import KMIP
internal import Synchronization

/// Where errors go that an operator has to see and a client must not. The composition root sets the sink once, at start-up.
public enum InternalFailure {
    /// Gets one line a failure: which store, plugin or record, and why; and the trace of the request that this thread answers within one
    /// call, `nil` elsewhere. Called on any thread.
    public typealias Sink = @Sendable (_ text: String, _ trace: String?) -> Void

    private static let sink = Mutex<Sink?>(nil)
    private static let shortages = Mutex(Repetition())

    public static func setSink(_ log: @escaping Sink) { sink.withLock { $0 = log } }

    /// Reports one failure. Any thread.
    ///
    /// A lack of locked memory meets every request while it lasts: the first is told at once, and of the others only how many there were;
    /// see ``takeShortages()``.
    public static func report(_ error: any Error) {
        if let error = error as? CryptoError, error.code == .lockedMemory, !shortages.withLock({ $0.note() }) { return }
        let log = sink.withLock { $0 }
        log?("\(error)", trace)
    }

    /// Failures for lack of locked memory that were not told of since the last call. Called about once a second.
    public static func takeShortages() -> Int { shortages.withLock { $0.take() } }

    // MARK: The trace of what is done within a call

    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        guard pthread_key_create(&key, nil) == 0 else { preconditionFailure("the process has no thread-specific key left") }
        return key
    }()

    /// Runs `body`, and names `trace` with each failure that this thread reports meanwhile. A task-local value would do the same, for
    /// two allocations a request, of which hardly one ever fails.
    public static func tracing<R>(_ trace: String, _ body: () throws(OperationFailure) -> R) throws(OperationFailure) -> R {
        // The pointer is gone before the value is, and no other thread sees it.
        try withUnsafePointer(to: trace) { (pointer) throws(OperationFailure) in
            pthread_setspecific(key, pointer)
            defer { pthread_setspecific(key, nil) }
            return try body()
        }
    }

    private static var trace: String? { pthread_getspecific(key)?.assumingMemoryBound(to: String.self).pointee }
}
