internal import KCMAudit
internal import KCMEngine
internal import KMIP

/// Puts intents into the audit log, with all else that waits for it.
public final class IntentJournal: Sendable {
    private let queue: AuditQueue

    public init(queue: AuditQueue) { self.queue = queue }

    /// Returns once the records are in the log.
    /// - Throws: `OperationFailure` where they are not: nothing may be changed then.
    func record(_ records: [AuditRecord]) async throws {
        do { try await queue.append(intents: records) } catch {
            InternalFailure.report(error)
            throw OperationFailure(.generalFailure, "The audit log cannot be written; the server serves nothing until it can")
        }
    }
}
