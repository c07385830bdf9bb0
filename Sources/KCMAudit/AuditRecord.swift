/// What one batch item leaves behind, before the log gives it a sequence number and chains it (design §5).
///
/// Holds names and identifiers only: never key material, plaintext or ciphertext.
public struct AuditRecord: Sendable, Equatable {
    /// When the item was taken up: nanoseconds since 1970 UTC.
    public var time: Int64 = 0
    /// The request this item belongs to; 32 lower-case hex digits, the trace id of `traceparent`.
    public var traceID: String = ""
    /// Who asked; `nil` where no principal could be made of the certificate.
    public var actor: Actor?
    /// The edge that passed the actor's request on, when delegated.
    public var via: Actor?
    /// `127.0.0.1:40212`
    public var remoteAddress: String = ""
    /// `kmip` or `https`.
    public var transport: String = ""
    /// `1.4`
    public var protocolVersion: String = ""
    /// The standard's name of the operation (`Encrypt`), or `0x…` for one that is not known.
    public var operation: String = ""
    /// The object's Unique Identifier as asked for or made; empty where none is in play.
    public var object: String = ""
    /// `L2`, `L3`, `L4`, or empty.
    public var level: String = ""
    /// The standard's name of the Object Type, or empty.
    public var objectType: String = ""
    /// `local`, or `core` where Core answered for Edge.
    public var servedBy: String = "local"
    /// The standard's name: `Success`, `OperationFailed`.
    public var resultStatus: String = "OperationFailed"
    /// The standard's name of the Result Reason, or empty on success.
    public var resultReason: String = ""
    /// The policy rule that allowed or refused, for the auditor.
    public var rule: String = ""
    /// Nanoseconds from taking the item up to its result.
    public var duration: Int64 = 0

    public init() {}
}
