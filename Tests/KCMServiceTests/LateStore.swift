import KCMStore
import Synchronization

/// A store whose commits, while it is told so, are not answered in time and land later.
final class LateStore: Store {
    private let base: any Store
    private let late = Mutex<(isLate: Bool, commits: [(writes: [StoreWrite], namespace: Namespace)])>((false, []))

    init(_ base: any Store) { self.base = base }

    func beLate() { late.withLock { $0.isLate = true } }

    /// What was late is in the store now, and what comes is in time again.
    func land() async throws {
        let commits = late.withLock { late in
            defer { late = (false, []) }
            return late.commits
        }
        for one in commits { try await base.commit(one.writes, in: one.namespace) }
    }

    func commit(_ writes: [StoreWrite], in namespace: Namespace) async throws {
        let isLate = late.withLock { late in
            if late.isLate { late.commits.append((writes, namespace)) }
            return late.isLate
        }
        if isLate { throw StoreError(.timedOut, "late") }
        try await base.commit(writes, in: namespace)
    }

    var limits: StoreLimits { base.limits }
    func get(_ key: [UInt8], in namespace: Namespace) async throws -> StoredValue? { try await base.get(key, in: namespace) }
    func scan(prefix: [UInt8], after: [UInt8]?, limit: Int, in namespace: Namespace) async throws -> [StoredEntry] {
        try await base.scan(prefix: prefix, after: after, limit: limit, in: namespace)
    }
    func namespaces() async throws -> [Namespace] { try await base.namespaces() }
    func statistics() async throws -> StoreStatistics { try await base.statistics() }
    func checkHealth() async throws { try await base.checkHealth() }
    func close() async { await base.close() }
}
