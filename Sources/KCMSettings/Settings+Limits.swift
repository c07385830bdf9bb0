extension Settings {
    /// What bounds the daemon's memory and its peers' patience.
    public struct Limits: Sendable, Equatable {
        /// The largest KMIP message taken or made, in bytes.
        public let message: Int
        /// The most connections at a time, over all listeners.
        public let connections: Int
        /// The most batch items in one request.
        public let batch: Int
        /// A connection without a request for so long is closed.
        public let idle: Duration
        /// A TLS handshake that takes longer is given up.
        public let handshake: Duration
        /// The most requests being answered at a time; more wait unread in their sockets.
        public let inFlight: Int
        /// How long a stopping daemon lets requests under way finish.
        public let drain: Duration
        /// Locked memory for keys, in bytes; 0 takes what the system allows.
        public let lockedMemory: Int

        public static let `default` = Limits(
            message: 8 << 20,
            connections: 10_000,
            batch: 1_000,
            idle: .seconds(600),
            handshake: .seconds(10),
            inFlight: 1_024,
            drain: .seconds(10),
            lockedMemory: 0
        )
    }
}
