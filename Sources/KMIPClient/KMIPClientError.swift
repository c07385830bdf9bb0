/// Why a KMIP client got no answer.
public struct KMIPClientError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Open set of kinds.
    public struct Kind: Hashable, Sendable {
        private enum Value: Hashable, Sendable { case files, refused, tls, closed, timedOut, malformed }
        private let value: Value
        private init(_ value: Value) { self.value = value }

        /// A certificate, key or trust file cannot be used.
        public static let files = Kind(.files)
        /// No connection could be made.
        public static let refused = Kind(.refused)
        /// The handshake failed, on either side.
        public static let tls = Kind(.tls)
        /// The server closed before it answered.
        public static let closed = Kind(.closed)
        /// No answer in time.
        public static let timedOut = Kind(.timedOut)
        /// The answer is no KMIP Response Message.
        public static let malformed = Kind(.malformed)
    }

    public let kind: Kind
    /// For people: names the server or file.
    public let message: String

    init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    public var description: String { message }
    /// Equality is the kind: the message is for people.
    public static func == (lhs: KMIPClientError, rhs: KMIPClientError) -> Bool { lhs.kind == rhs.kind }
}
