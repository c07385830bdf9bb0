internal import KCMCrypto
public import KCMEngine
public import KCMStore
public import KMIP
internal import Synchronization

/// The L2 keys of Core's tenants: made on first use, kept in the tenant's namespace wrapped by the root of trust, and held open.
public final class TenantKeyring: SealingKeyring {
    private let store: any Store
    private let root: any RootOfTrust
    private let opened = Mutex<[String: TenantKeys]>([:])

    public init(store: any Store, root: any RootOfTrust) {
        self.store = store
        self.root = root
    }

    public func open(_ tenant: String) -> TenantKeys? { opened.withLock { $0[tenant] } }

    public func keys(of tenant: String) async throws(OperationFailure) -> TenantKeys {
        if let keys = open(tenant) { return keys }
        do {
            let keys: TenantKeys
            if let found = try await load(tenant) {
                keys = found
            } else {
                do { try await make(tenant) } catch let error as StoreError where error.code == .conflict {
                    // Another request made it at the same time: its key is the tenant's.
                }
                guard let made = try await load(tenant) else { throw StoreError(.failed, "the L2 key of \(tenant) is not there after it was made") }
                keys = made
            }
            return opened.withLock { opened in
                if let first = opened[tenant] { return first }
                opened[tenant] = keys
                return keys
            }
        } catch {
            InternalFailure.report(error)
            throw OperationFailure(.generalFailure, "The tenant's key cannot be opened: the root of trust or the keystore does not serve")
        }
    }

    // MARK: Stored form

    private static let prefix: [UInt8] = Array("t/l2/".utf8)
    private static let blinding: [UInt8] = Array("t/blind".utf8)

    private func load(_ tenant: String) async throws -> TenantKeys? {
        let namespace = Namespace(tenant)
        let entries = try await store.scan(prefix: Self.prefix, after: nil, limit: 1000, in: namespace)
        guard !entries.isEmpty, let blinding = try await store.get(Self.blinding, in: namespace) else { return nil }
        var generations: [UInt32: SecretKey] = [:]
        for entry in entries {
            guard let generation = UInt32(String(decoding: entry.key[Self.prefix.count...], as: UTF8.self)) else { continue }
            generations[generation] = SecretKey(try await root.unwrap(entry.value))
        }
        guard let current = generations.keys.max() else { return nil }
        return TenantKeys(
            tenant: tenant,
            current: current,
            generations: generations,
            blinding: SecretKey(try await root.unwrap(blinding.value)),
            leaseEnd: .max
        )
    }

    private func make(_ tenant: String) async throws {
        let key = try await root.wrap(try SecretBytes.random(count: 32))
        let blinding = try await root.wrap(try SecretBytes.random(count: 32))
        try await store.commit(
            [.put(Self.prefix + Array("1".utf8), key, expecting: .absent), .put(Self.blinding, blinding, expecting: .absent)],
            in: Namespace(tenant)
        )
    }
}
