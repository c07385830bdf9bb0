/// Why a store or a root of trust did not do what was asked.
///
/// `code` is what callers decide by; `message` tells an operator which plugin, which file, and the plugin's own words.
/// It never reaches a KMIP client.
public struct StoreError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Open set of codes.
    public struct Code: Hashable, Sendable {
        private enum Value: Hashable, Sendable {
            case conflict, full, tooLarge, unavailable, timedOut, corrupt, unsupported, invalid, failed
        }
        private let value: Value
        private init(_ value: Value) { self.value = value }

        /// An expected revision did not hold; nothing was changed.
        public static let conflict = Code(.conflict)
        /// The medium has no room; nothing was changed.
        public static let full = Code(.full)
        /// A key, value or batch is over the declared limits.
        public static let tooLarge = Code(.tooLarge)
        /// The store cannot serve now (closed, disconnected, overloaded).
        public static let unavailable = Code(.unavailable)
        /// The call did not come back in time; whether it took effect is unknown.
        public static let timedOut = Code(.timedOut)
        /// What was read is not what was written.
        public static let corrupt = Code(.corrupt)
        /// The plugin lacks this ability.
        public static let unsupported = Code(.unsupported)
        /// The caller's arguments or the plugin's settings are wrong.
        public static let invalid = Code(.invalid)
        /// Anything else, I/O errors included.
        public static let failed = Code(.failed)
    }

    public let code: Code
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
    /// Equality is the code: the message is for people.
    public static func == (lhs: StoreError, rhs: StoreError) -> Bool { lhs.code == rhs.code }
}
