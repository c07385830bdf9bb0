internal import KCMCrypto
internal import Synchronization

/// Where errors go that an operator has to see and a client must not. The composition root sets the sink once, at start-up.
public enum InternalFailure {
    private static let sink = Mutex<(@Sendable (String) -> Void)?>(nil)
    private static let shortages = Mutex(Repetition())

    /// - Parameter log: gets one line a failure: which store, plugin or record, and why. Called on any thread.
    public static func setSink(_ log: @escaping @Sendable (String) -> Void) { sink.withLock { $0 = log } }

    /// Reports one failure. Any thread.
    ///
    /// A lack of locked memory meets every request while it lasts: the first is told at once, and of the others only how many there were;
    /// see ``takeShortages()``.
    public static func report(_ error: any Error) {
        if let error = error as? CryptoError, error.code == .lockedMemory, !shortages.withLock({ $0.note() }) { return }
        let log = sink.withLock { $0 }
        log?("\(error)")
    }

    /// Failures for lack of locked memory that were not told of since the last call. Called about once a second.
    public static func takeShortages() -> Int { shortages.withLock { $0.take() } }
}
