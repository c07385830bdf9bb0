public import KCMAudit

/// Where answers' records go before the answers leave, and those of changes before the changes are made.
public protocol AuditSink: Sendable {
    /// Appends all of it as one write: first what is about to be done, then what was done.
    /// - Throws: where none of it is in the log: then the answers must not leave, and the changes must not be made.
    func append(_ records: [AuditRecord], intents: [AuditRecord]) throws
    /// Appending waits for a disk, so it must not run on an event loop.
    var blocks: Bool { get }
    /// The last write failed: until one succeeds, requests are refused instead of done, since what is done needs its record. Never waits.
    var isFailing: Bool { get }
}

extension AuditLog: AuditSink {
    public var blocks: Bool { durability == .fsync }
}
