public import KCMAudit

/// Where the records of changes go before the changes are made.
public protocol IntentSink: Sendable {
    /// Appends records of what is about to be done, as one write. Blocks.
    /// - Throws: where they are not in the log: then the changes must not be made.
    func append(intents: [AuditRecord]) throws
}

extension AuditLog: IntentSink {
    public func append(intents: [AuditRecord]) throws { try append(intents, as: .intent) }
}
