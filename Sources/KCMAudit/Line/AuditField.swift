/// The names of all fields of the log, in the order of a line.
enum AuditField {
    static let version: StaticString = "v"
    static let kind: StaticString = "kind"
    static let sequence: StaticString = "seq"
    static let time: StaticString = "time"
    static let node: StaticString = "node"
    static let mode: StaticString = "mode"

    // Of an item.
    static let trace: StaticString = "trace"
    static let tenant: StaticString = "tenant"
    static let service: StaticString = "service"
    static let roles: StaticString = "roles"
    static let subject: StaticString = "subject"
    static let subjectAlternativeNames: StaticString = "san"
    static let issuer: StaticString = "issuer"
    static let serial: StaticString = "serial"
    static let fingerprint: StaticString = "fingerprint"
    static let via: StaticString = "via"
    static let remoteAddress: StaticString = "remote"
    static let transport: StaticString = "transport"
    static let protocolVersion: StaticString = "protocol"
    static let operation: StaticString = "operation"
    static let object: StaticString = "object"
    static let level: StaticString = "level"
    static let objectType: StaticString = "type"
    static let servedBy: StaticString = "served_by"
    static let resultStatus: StaticString = "status"
    static let resultReason: StaticString = "reason"
    static let rule: StaticString = "rule"
    static let duration: StaticString = "duration_ns"

    // Of signed lines.
    /// Fingerprint of the public key that verifies the log.
    static let key: StaticString = "key"
    /// The public key of the lines that follow a change of keys: its 32 bytes in hex.
    static let nextKey: StaticString = "next_key"
    /// Bytes that recovery cut off.
    static let cut: StaticString = "cut_bytes"

    // The end of every line, and of every signed one.
    static let previous: StaticString = "prev"
    static let signature: StaticString = "sig"
}
