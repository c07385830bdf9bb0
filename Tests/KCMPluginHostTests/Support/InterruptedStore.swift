import KCMStore
import Synchronization

/// A real store that fails after a number of commits, as if the process had been ended there.
final class InterruptedStore<Base: Store>: Store {
    private let base: Base
    private let left: Mutex<Int>

    init(_ base: Base, after commits: Int) {
        self.base = base
        left = Mutex(commits)
    }

    var limits: StoreLimits { base.limits }

    func commit(_ writes: [StoreWrite], in namespace: Namespace) async throws {
        let goesOn = left.withLock { left in
            left -= 1
            return left >= 0
        }
        guard goesOn else { throw StoreError(.unavailable, "interrupted") }
        try await base.commit(writes, in: namespace)
    }

    func get(_ key: [UInt8], in namespace: Namespace) async throws -> StoredValue? { try await base.get(key, in: namespace) }
    func scan(prefix: [UInt8], after: [UInt8]?, limit: Int, in namespace: Namespace) async throws -> [StoredEntry] {
        try await base.scan(prefix: prefix, after: after, limit: limit, in: namespace)
    }
    func namespaces() async throws -> [Namespace] { try await base.namespaces() }
    func statistics() async throws -> StoreStatistics { try await base.statistics() }
    func checkHealth() async throws { try await base.checkHealth() }
    func close() async { await base.close() }
}
