/// An operation's failure as a client gets it: Result Reason and Result Message (KMIP 1.4 §6.10, §6.11, §11).
///
/// The message is made for the client: it repeats what the client sent or may know, never the state of stores, paths or keys.
public struct OperationFailure: Error, Sendable, Hashable, CustomStringConvertible {
    public let reason: ResultReason
    public let message: String
    /// What decided, in one word for the audit record, where that is not the policy; never sent to the client.
    public let rule: String?

    public init(_ reason: ResultReason, _ message: String, rule: String? = nil) {
        self.reason = reason
        self.message = message
        self.rule = rule
    }

    public var description: String { "\(reason): \(message)" }
}
