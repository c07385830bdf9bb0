internal import KCMCrypto
internal import KCMStore
internal import Synchronization

/// The indexes of all tenants that were asked for.
final class IndexDirectory: Sendable {
    private struct State {
        /// By the key that says the index is whole: of one tenant, and of one key that blinds.
        var indexes: [[UInt8]: TenantIndex] = [:]
        /// Tenants that got a mark since the daemon started.
        var marked: Set<String> = []
    }

    private let state = Mutex(State())

    /// A tenant's index, read from the store where that was not done yet.
    /// - Throws: `StoreError`, `CryptoError`.
    func index(for keys: TenantKeys, in store: any Store) async throws -> TenantIndex {
        let key = RecordKey.indexIsWhole(try Array("whole".utf8).withUnsafeBytes { try HMACSHA256.authenticate($0, key: keys.blinding.bytes) })
        if let index = state.withLock({ $0.indexes[key] }) { return index }
        let read = try await TenantIndex.read(Namespace(keys.tenant), wholeness: key, from: store)
        return state.withLock { state in
            // Who comes first is right: what was written since is noted there.
            if let first = state.indexes[key] { return first }
            let index = TenantIndex(wholeness: key, read)
            state.indexes[key] = index
            return index
        }
    }

    /// A mark is about to be put over one of the tenant's objects.
    func noteMark(of tenant: String) { state.withLock { _ = $0.marked.insert(tenant) } }

    /// Whether one was since the daemon started.
    func hasNewMarks(_ tenant: String) -> Bool { state.withLock { $0.marked.contains(tenant) } }
}
