public import KCMAudit
internal import KCMEngine

/// Requests of one tenant that one limit was in the way of, in the last interval.
public struct RefusalSummary: Sendable {
    public let tenant: String
    public let refusal: LoadRefusal
    /// Batch items that have a record of their own.
    public let recorded: Int
    /// Batch items that have not.
    public let unrecorded: Int

    /// For those that have none of their own; `nil` where all have.
    public var record: AuditRecord? {
        guard unrecorded > 0 else { return nil }
        var record = AuditRecord()
        record.time = WallClock.now
        record.traceID = TraceContext.make().traceID
        record.actor = AuditRecord.Actor(
            tenant: tenant, service: "", roles: [], subject: "", subjectAlternativeNames: [], issuer: "", serial: "", fingerprint: ""
        )
        record.transport = "internal"
        record.operation = "Refused"
        record.resultReason = "GeneralFailure"
        record.rule = "\(refusal.rawValue): \(unrecorded) more like it were not recorded"
        return record
    }
}

extension KMIPService {
    /// What was refused for load since the last call, so that it can be logged and recorded. Called about once a second.
    public func takeRefusals() -> [RefusalSummary] {
        load.takeRefusals().map { key, row in
            RefusalSummary(tenant: key.tenant, refusal: key.refusal, recorded: row.recorded, unrecorded: row.unrecorded)
        }
        .sorted { ($0.tenant, $0.refusal.rawValue) < ($1.tenant, $1.refusal.rawValue) }
    }

    /// Takes back what could not be recorded, for the next call of ``takeRefusals()``.
    public func giveBack(_ refusals: [RefusalSummary]) {
        for one in refusals where one.unrecorded > 0 { load.giveBack(one.refusal, of: one.tenant, unrecorded: one.unrecorded) }
    }
}
