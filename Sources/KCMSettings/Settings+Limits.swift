extension Settings {
    /// What bounds the daemon's memory and its peers' patience.
    public struct Limits: Sendable, Equatable {
        /// The largest KMIP message taken or made, in bytes.
        public let message: Int
        /// The most connections at a time, over all TLS listeners.
        public let connections: Int
        /// The most batch items in one request.
        public let batch: Int
        /// A connection without a request for so long is closed.
        public let idle: Duration
        /// A TLS handshake that takes longer is given up.
        public let handshake: Duration
        /// The most TLS handshakes that begin in a second, over all listeners; 0 is no limit.
        public let handshakes: Int
        /// The most requests at a time that wait for the keystore, Core or a long computation; more are refused at once.
        public let inFlight: Int
        /// The most bytes of those requests; 0 is no limit.
        public let inFlightBytes: Int
        /// What each tenant may take.
        public let tenant: Tenant
        /// How long a stopping daemon lets requests under way finish.
        public let drain: Duration
        /// Locked memory for keys, in bytes; 0 takes what the system allows.
        public let lockedMemory: Int

        /// Bounds on each tenant by itself; 0 is no limit.
        public struct Tenant: Sendable, Equatable {
            /// Operations a second, on average.
            public let rate: Int
            /// Operations at once after a rest; 0 is as many as in a second.
            public let burst: Int
            /// Bytes of its requests in flight.
            public let inFlightBytes: Int
        }

        public static let `default` = Limits(
            message: 8 << 20,
            connections: 10_000,
            batch: 1_000,
            idle: .seconds(600),
            handshake: .seconds(10),
            handshakes: 2_000,
            inFlight: 1_024,
            inFlightBytes: 256 << 20,
            tenant: Tenant(rate: 0, burst: 0, inFlightBytes: 0),
            drain: .seconds(10),
            lockedMemory: 0
        )
    }

    static func limits(_ root: Section, _ reader: inout SettingsReader) -> Limits {
        let section = reader.section(
            "limits", in: root,
            keys: [
                "message", "connections", "batch", "idle", "handshake", "handshakes", "in_flight", "in_flight_bytes", "tenant", "drain",
                "locked_memory",
            ]
        )
        let tenant = reader.section("tenant", in: section, keys: ["rate", "burst", "in_flight_bytes"])
        let standard = Limits.default
        return Limits(
            message: reader.bytes("message", in: section, default: standard.message, range: 1_024...(1 << 30)),
            connections: reader.count("connections", in: section, default: standard.connections, range: 1...1_000_000),
            batch: reader.count("batch", in: section, default: standard.batch, range: 1...100_000),
            idle: reader.duration("idle", in: section, default: standard.idle),
            handshake: reader.duration("handshake", in: section, default: standard.handshake),
            handshakes: reader.count("handshakes", in: section, default: standard.handshakes, range: 0...1_000_000),
            inFlight: reader.count("in_flight", in: section, default: standard.inFlight, range: 1...1_000_000),
            inFlightBytes: reader.bytes("in_flight_bytes", in: section, default: standard.inFlightBytes, range: 0...(1 << 40)),
            tenant: Limits.Tenant(
                rate: reader.count("rate", in: tenant, default: 0, range: 0...10_000_000),
                burst: reader.count("burst", in: tenant, default: 0, range: 0...10_000_000),
                inFlightBytes: reader.bytes("in_flight_bytes", in: tenant, default: 0, range: 0...(1 << 40))
            ),
            drain: reader.duration("drain", in: section, default: standard.drain),
            lockedMemory: reader.bytes("locked_memory", in: section, default: standard.lockedMemory, range: 0...(64 << 30))
        )
    }
}
