extension Settings {
    /// The sockets that the daemon listens at. Core has both `kmip` and `https`; Edge has at least `kmip`.
    public struct Listen: Sendable, Equatable {
        /// TTLV over TLS over TCP.
        public let kmip: Endpoint?
        /// KMIP over HTTPS, `POST /kmip`.
        public let https: Endpoint?
        /// Health, readiness and metrics over plain HTTP; `nil` turns it off.
        public let admin: Endpoint?
    }

    /// An address to listen at.
    public struct Endpoint: Sendable, Equatable {
        /// An IPv4 or IPv6 address, or a host name.
        public let address: String
        /// 0 lets the system pick one; the daemon logs which.
        public let port: Int
    }
}
