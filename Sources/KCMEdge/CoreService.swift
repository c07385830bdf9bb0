public import NIOCore

/// Core as Edge sees it: takes a KMIP request message, gives the response message.
public protocol CoreService: Sendable {
    /// Sends one request message.
    /// - Parameters:
    ///   - frame: a whole TTLV request.
    ///   - clientChain: the chain of the client on whose behalf it goes, DER, leaf first (RFC 9440); `nil` where Edge asks for itself.
    ///   - tenant: the tenant that Edge acts for when it asks for itself.
    ///   - traceparent: W3C Trace Context.
    /// - Returns: a whole TTLV response.
    /// - Throws: ``CoreFailure`` where no KMIP answer came.
    func send(
        _ frame: ByteBuffer,
        clientChain: [[UInt8]]?,
        tenant: String?,
        traceparent: String
    ) async throws(CoreFailure) -> ByteBuffer
}

/// Why Core gave no KMIP answer.
public struct CoreFailure: Error, Sendable, Equatable, CustomStringConvertible {
    /// Open set of kinds; each has its own words for clients, logs and metrics.
    public struct Kind: Hashable, Sendable {
        private enum Value: Hashable, Sendable { case unreachable, timedOut, untrusted, refused, badAnswer, suspended, overloaded }
        private let value: Value
        private init(_ value: Value) { self.value = value }

        /// No connection could be made, or it broke.
        public static let unreachable = Kind(.unreachable)
        /// No answer within the configured time.
        public static let timedOut = Kind(.timedOut)
        /// The other side is not the Core that the trust anchors and the URL's name vouch for.
        public static let untrusted = Kind(.untrusted)
        /// Core does not take this edge: its certificate, or what it asks for over HTTP.
        public static let refused = Kind(.refused)
        /// An answer that is not KMIP: another HTTP status, type or content.
        public static let badAnswer = Kind(.badAnswer)
        /// Not asked: too many requests before it got no answer.
        public static let suspended = Kind(.suspended)
        /// Not asked: more requests wait for a connection than this edge lets wait.
        public static let overloaded = Kind(.overloaded)

        /// One word for logs, metrics and audit records.
        public var name: String {
            switch value {
            case .unreachable: "unreachable"
            case .timedOut: "timeout"
            case .untrusted: "untrusted"
            case .refused: "refused"
            case .badAnswer: "bad-answer"
            case .suspended: "circuit-open"
            case .overloaded: "overloaded"
            }
        }
    }

    public let kind: Kind
    /// For the operator: names the URL and the reason.
    public let message: String

    public init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    public var description: String { message }
    /// Equality is the kind: the message is for people.
    public static func == (lhs: CoreFailure, rhs: CoreFailure) -> Bool { lhs.kind == rhs.kind }

    /// What a KMIP client may know: which kind it is, without names of the inner network.
    public var clientMessage: String {
        switch kind {
        case .timedOut: "Core did not answer in time"
        case .untrusted: "Core is not trusted: its certificate does not verify"
        case .refused: "Core refuses this edge's connection"
        case .badAnswer: "Core gave an answer that is not KMIP"
        case .suspended: "Core is not reachable; it is asked again in a moment"
        case .overloaded: "Too many requests wait for Core; send it again later"
        default: "Core is not reachable"
        }
    }

    /// What an audit record says of it as the rule: `core-unreachable`, `core-timeout` …
    public var rule: String { "core-\(kind.name)" }
}
