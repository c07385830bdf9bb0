internal import Glibc
internal import KCMEdge
internal import NIOCore
internal import NIOPosix
internal import NIOSSL

/// Why one attempt at one Core gave no answer.
struct ExchangeFailure: Error {
    /// How far the request had come.
    enum Stage: Sendable {
        /// No connection was free for it: Core had no part in that.
        case notAsked
        /// Core cannot have taken it.
        case notSent
        /// The connection closed before a whole answer came: it may have been taken.
        case closedUnanswered
        /// It may have been taken, and no answer came of it.
        case sent
    }

    let kind: CoreFailure.Kind
    let stage: Stage
    let text: String
    /// The connection had served before: it may have been closed by Core for being idle.
    var wasReused = false

    init(_ kind: CoreFailure.Kind, _ stage: Stage, _ text: String) {
        self.kind = kind
        self.stage = stage
        self.text = text
    }

    /// What an error of a channel says.
    /// - Parameters:
    ///   - stage: where the error says no better.
    ///   - refusal: why Core's certificate was not taken, where it was not.
    ///   - hasAnswered: the connection has served before: its handshake is over, whatever an alert says.
    init(_ error: any Error, _ stage: Stage, refusal: String?, hasAnswered: Bool = false) {
        if let failure = error as? ExchangeFailure {
            self = failure
            return
        }
        if let refusal {
            self.init(.untrusted, .notSent, "its certificate is not trusted: \(refusal)")
            return
        }
        let text = "\(error)"
        let isConnectTimeout: Bool
        if case .connectTimeout = error as? ChannelError { isConnectTimeout = true } else { isConnectTimeout = false }
        if isConnectTimeout {
            self.init(.timedOut, .notSent, "the connection was not made in time")
        } else if !hasAnswered, Self.isAboutThisEdge(text) {
            // A client of TLS 1.3 has sent its request by the time it learns that its certificate is refused; nobody read it.
            self.init(.refused, .notSent, "it refuses this edge's connection: \(text)")
        } else if text.contains("_ALERT_") {
            // Any other alert may come when the request has been taken.
            self.init(stage == .notSent ? .refused : .unreachable, stage, "it broke the connection off: \(text)")
        } else if text.contains("WRONG_VERSION_NUMBER") || text.contains("HTTP_REQUEST") {
            self.init(.untrusted, .notSent, "it does not speak TLS")
        } else if error is NIOSSLError || error is BoringSSLError || error is NIOSSLExtraError, stage == .notSent, !text.contains("EOF") {
            self.init(.untrusted, .notSent, "the TLS handshake failed: \(text)")
        } else if let error = error as? NIOConnectionError, let first = error.connectionErrors.first {
            self.init(first.error, .notSent, refusal: nil)
        } else if let error = error as? IOError {
            self.init(.unreachable, stage, String(cString: strerror(error.errnoCode)))
        } else {
            self.init(.unreachable, stage, text)
        }
    }

    /// Whether an error is an alert on this side's certificate (RFC 8446 §6.2), in BoringSSL's words.
    private static func isAboutThisEdge(_ text: String) -> Bool {
        text.contains("_ALERT_") && ["CERTIFICATE", "UNKNOWN_CA", "ACCESS_DENIED"].contains { text.contains($0) }
    }
}
