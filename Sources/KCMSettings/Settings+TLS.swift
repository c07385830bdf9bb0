extension Settings {
    /// The daemon's certificate and whom it trusts; PEM files, read again on SIGHUP.
    public struct TLS: Sendable, Equatable {
        /// The server certificate followed by its chain. At Edge it is the client certificate at Core as well.
        public let certificate: String
        /// The private key of `certificate`, unencrypted, readable by its owner only.
        public let key: String
        /// The certification authorities that peers must chain to.
        public let trust: String
        /// Revocation lists of those authorities; `nil` checks none.
        public let crl: String?
    }
}
