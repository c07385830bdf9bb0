public import KCMAudit
internal import KCMEngine
internal import KMIP

/// On whose behalf the current task changes objects: what an intent record says beside the objects.
public enum ChangeContext {
    /// The record of the item under way, without result; `nil` where the daemon works for itself.
    @TaskLocal public static var record: AuditRecord?

    /// The records of a batch whose changes are made together at its end; empty elsewhere.
    @TaskLocal static var batch: [AuditRecord] = []

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
        // Of a batch: the last item that has to do with the object; what an item made beside its own object falls to the whole batch.
        var record = batch.last { $0.object == object } ?? record ?? ofTheDaemon()
        record.object = object
        if record.level.isEmpty { record.level = level }
        record.resultStatus = "OperationPending"
        record.resultReason = ""
        record.duration = 0
        return record
    }

    /// The record of a key of a tenant's own that the daemon is about to make: in the trace of the request that is the first to need it.
    /// - Parameter key: its place in the store.
    public static func intent(forKeyOfTenant key: String) -> AuditRecord {
        var made = ofTheDaemon()
        if let record { made.traceID = record.traceID }
        made.operation = "Create"
        made.object = key
        made.objectType = "SymmetricKey"
        made.resultStatus = "OperationPending"
        return made
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
