internal import KCMAudit
internal import KCMEngine
internal import KCMService
public import KCMStore

/// A store whose changes of objects are in the audit log before they are made, so that a crash leaves no committed change without a
/// record (design §5). Passes everything else on.
public final class JournaledStore: Store {
    private let base: any Store
    private let journal: IntentJournal

    public init(_ base: any Store, journal: IntentJournal) {
        self.base = base
        self.journal = journal
    }

    public func commit(_ writes: [StoreWrite], in namespace: Namespace) async throws {
        let records =
            ObjectRepository.objects(changedBy: writes).map { object in
                var record = ChangeContext.intent(for: object, level: UniqueIdentifier.level(of: object)?.name ?? "")
                // What the daemon does by itself has no actor who would name the tenant.
                if record.actor == nil { record.rule = "\(record.rule): \(namespace.name)" }
                return record
            }
            + ObjectRepository.tenantKeys(madeBy: writes).map { key in
                var record = ChangeContext.intent(forKeyOfTenant: key)
                record.rule = "\(record.rule): \(namespace.name)"
                return record
            }
        if !records.isEmpty { try await journal.record(records) }
        try await base.commit(writes, in: namespace)
    }

    public var limits: StoreLimits { base.limits }
    public func get(_ key: [UInt8], in namespace: Namespace) async throws -> StoredValue? { try await base.get(key, in: namespace) }
    public func scan(prefix: [UInt8], after: [UInt8]?, limit: Int, in namespace: Namespace) async throws -> [StoredEntry] {
        try await base.scan(prefix: prefix, after: after, limit: limit, in: namespace)
    }
    public func namespaces() async throws -> [Namespace] { try await base.namespaces() }
    public func statistics() async throws -> StoreStatistics { try await base.statistics() }
    public func checkHealth() async throws { try await base.checkHealth() }
    public func close() async { await base.close() }
}
