extension Settings {
    /// How Edge reaches Core.
    public struct Core: Sendable, Equatable {
        /// `https://host:port/kmip`, one for each Core, tried in order. Never empty.
        public let urls: [String]
        /// The longest that one request may take, connecting included.
        public let timeout: Duration
    }

    /// How Edge seals what it stores.
    public struct Sealing: Sendable, Equatable {
        /// The Name of the tenant's L3 key at Core that encrypts the sealing key.
        public let key: String
        /// How long an opened sealing key serves without Core.
        public let lease: Duration
    }

    /// An L3 key that Core makes sure of.
    public struct Provision: Sendable, Equatable {
        public let tenant: String
        /// The key's Name.
        public let key: String
    }
}
