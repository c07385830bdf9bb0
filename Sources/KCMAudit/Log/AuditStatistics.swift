/// What a log did since it was opened, and how it is.
public struct AuditStatistics: Sendable, Equatable {
    /// Records written, items and intents.
    public let records: UInt64
    /// Writes that failed.
    public let failures: UInt64
    /// Files that were ended and kept.
    public let rotations: UInt64
    /// Of the file that is being written, in bytes.
    public let bytes: Int64
    /// Of the last line; what a verifier can be told to expect.
    public let sequence: UInt64
    /// Why the log could not be written last; `nil` where it could.
    public let problem: String?
}
