public import KCMAudit

/// Where answers' records go before the answers leave.
public protocol AuditSink: Sendable {
    /// Appends all records of one turn, as one write.
    /// - Throws: where they are not in the log: then the answers must not leave.
    func append(_ records: [AuditRecord]) throws
    /// Appending waits for a disk, so it must not run on an event loop.
    var blocks: Bool { get }
    /// The last write failed: until one succeeds, requests are refused instead of done, since what is done needs its record. Never waits.
    var isFailing: Bool { get }
}

extension AuditLog: AuditSink {
    public func append(_ records: [AuditRecord]) throws { try append(records, as: .item) }
    public var blocks: Bool { durability == .fsync }
}
