internal import Synchronization

/// Where errors go that an operator has to see and a client must not. The composition root sets the sink once, at start-up.
public enum InternalFailure {
    private static let sink = Mutex<(@Sendable (String) -> Void)?>(nil)

    /// - Parameter log: gets one line a failure: which store, plugin or record, and why. Called on any thread.
    public static func setSink(_ log: @escaping @Sendable (String) -> Void) { sink.withLock { $0 = log } }

    /// Reports one failure. Any thread.
    public static func report(_ error: any Error) {
        let log = sink.withLock { $0 }
        log?("\(error)")
    }
}
