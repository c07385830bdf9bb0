import KCMStore
import Synchronization

/// Passes everything on to another store, and counts it.
final class CountingStore: Store {
    /// Calls, and what came of them.
    struct Counts: Equatable {
        /// Calls of get and scan.
        var reads = 0
        /// Entries that were read.
        var entries = 0
        var commits = 0
        /// Single writes in the commits.
        var writes = 0
        /// Calls of namespaces and statistics, which may look at everything.
        var surveys = 0
    }

    private let base: any Store
    private let counted = Mutex(Counts())

    init(_ base: any Store) { self.base = base }

    /// What was counted while `body` ran.
    func counts(_ body: () async throws -> Void) async rethrows -> Counts {
        counted.withLock { $0 = Counts() }
        try await body()
        return counted.withLock { $0 }
    }

    var limits: StoreLimits { base.limits }

    func get(_ key: [UInt8], in namespace: Namespace) async throws -> StoredValue? {
        let value = try await base.get(key, in: namespace)
        counted.withLock { counts in
            counts.reads += 1
            counts.entries += value == nil ? 0 : 1
        }
        return value
    }

    func scan(prefix: [UInt8], after: [UInt8]?, limit: Int, in namespace: Namespace) async throws -> [StoredEntry] {
        let found = try await base.scan(prefix: prefix, after: after, limit: limit, in: namespace)
        counted.withLock { counts in
            counts.reads += 1
            counts.entries += found.count
        }
        return found
    }

    func commit(_ writes: [StoreWrite], in namespace: Namespace) async throws {
        try await base.commit(writes, in: namespace)
        counted.withLock { counts in
            counts.commits += 1
            counts.writes += writes.count
        }
    }

    func namespaces() async throws -> [Namespace] {
        counted.withLock { $0.surveys += 1 }
        return try await base.namespaces()
    }

    func statistics() async throws -> StoreStatistics {
        counted.withLock { $0.surveys += 1 }
        return try await base.statistics()
    }

    func checkHealth() async throws { try await base.checkHealth() }
    func close() async { await base.close() }
}
