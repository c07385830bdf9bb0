extension Settings {
    /// The audit log.
    public struct Audit: Sendable, Equatable {
        /// JSON Lines; its folder must exist.
        public let path: String
        /// The Ed25519 private key that signs checkpoints, PEM.
        public let key: String
        public let durability: Durability
        public let rotate: Rotate

        /// When the file is ended and kept, and a new one begun; never where neither is given.
        public struct Rotate: Sendable, Equatable {
            /// In bytes.
            public let size: Int?
            public let age: Duration?
        }

        /// What must have happened to a record before its response leaves.
        public enum Durability: String, Sendable, CaseIterable {
            /// It was handed to the kernel: it survives a crash of the daemon.
            case write
            /// It is on the medium: it survives a power cut.
            case fsync
        }
    }

    /// The operator's log, on standard error.
    public struct Log: Sendable, Equatable {
        public let level: Level
        public let format: Format

        /// From which level on lines are written.
        public enum Level: String, Sendable, CaseIterable {
            case trace, debug, info, notice, warning, error, critical
        }

        /// How a line looks.
        public enum Format: String, Sendable, CaseIterable {
            case text
            case json
        }
    }

    /// Where the policy comes from.
    public enum PolicySource: Sendable, Equatable {
        /// The built-in roles.
        case builtIn
        /// A YAML file, read again on SIGHUP.
        case file(path: String)
        /// YAML text from inside the configuration; `origin` is its `file:line`.
        case inline(yaml: String, origin: String)
    }
}
