public import KCMAudit
internal import KCMEngine
internal import KMIP

/// On whose behalf the current task changes objects: what an intent record says beside the objects.
public enum ChangeContext {
    /// The record of the item under way, without result; `nil` where the daemon works for itself.
    @TaskLocal public static var record: AuditRecord?

    /// Runs `body` on behalf of an item.
    static func with<T: Sendable>(
        _ record: AuditRecord,
        _ body: () async throws(OperationFailure) -> T
    ) async throws(OperationFailure) -> T {
        // `withValue` itself does not keep the type of what is thrown.
        let result: Result<T, OperationFailure> = await $record.withValue(record) {
            do throws(OperationFailure) { return .success(try await body()) } catch { return .failure(error) }
        }
        return try result.get()
    }

    /// The record of one object's change that is about to be made.
    public static func intent(for object: String, level: String) -> AuditRecord {
        var record = record ?? ofTheDaemon()
        record.object = object
        if record.level.isEmpty { record.level = level }
        record.resultStatus = "OperationPending"
        record.resultReason = ""
        record.duration = 0
        return record
    }

    /// What the daemon does by itself: folding in a Revoke that was taken while Core was away, or sealing anew.
    private static func ofTheDaemon() -> AuditRecord {
        var record = AuditRecord()
        record.time = WallClock.now
        record.traceID = TraceContext.make().traceID
        record.transport = "internal"
        record.operation = "Maintain"
        record.rule = "internal"
        return record
    }
}
