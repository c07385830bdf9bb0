internal import Glibc
internal import KCMCrypto
internal import KCMStore
public import KMIP
internal import Synchronization

/// Where errors go that an operator has to see and a client must not. The composition root sets the sink once, at start-up.
public enum InternalFailure {
    /// Gets one line a failure: which store, plugin or record, and why; and the trace of the request that this thread answers within one
    /// call, `nil` elsewhere. Called on any thread.
    public typealias Sink = @Sendable (_ text: String, _ trace: String?) -> Void

    private static let sink = Mutex<Sink?>(nil)
    private static let repeated = Mutex<[Cause: Repetition]>([:])

    /// What meets every request while it lasts: the first few are told of at once, and of the others only how many there were.
    public enum Cause: CaseIterable, Sendable {
        case lockedMemory
        case fullKeystore
        case unavailableKeystore
        case silentKeystore

        fileprivate init?(_ error: any Error) {
            switch error {
            case let error as CryptoError where error.code == .lockedMemory: self = .lockedMemory
            case let error as StoreError where error.code == .full: self = .fullKeystore
            case let error as StoreError where error.code == .unavailable: self = .unavailableKeystore
            case let error as StoreError where error.code == .timedOut: self = .silentKeystore
            default: return nil
            }
        }

        /// So many are told of: of what is the same for every request one will do.
        fileprivate var first: Int { self == .lockedMemory ? 1 : 10 }
    }

    public static func setSink(_ log: @escaping Sink) { sink.withLock { $0 = log } }

    /// Reports one failure, or counts it; see ``Cause`` and ``takeRepeated()``. Any thread.
    public static func report(_ error: any Error) {
        if let cause = Cause(error) {
            guard repeated.withLock({ $0[cause, default: Repetition(first: cause.first)].note() }) else { return }
        }
        let log = sink.withLock { $0 }
        log?("\(error)", trace)
    }

    /// Failures that were not told of since the last call, by their cause. Called about once a second.
    public static func takeRepeated() -> [(cause: Cause, count: Int)] {
        repeated.withLock { repeated in
            Cause.allCases.compactMap { cause in
                guard let count = repeated[cause]?.take(), count > 0 else { return nil }
                return (cause, count)
            }
        }
    }

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
