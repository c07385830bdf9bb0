internal import KCMCrypto
public import KCMEngine
public import KCMStore
public import KMIP
internal import Synchronization

/// The sealing keys of Edge's tenants: stored as ciphertext of Core, opened by Core, held for a lease (design §2, "Sealing at the
/// edge").
///
/// ``renewLeases()`` is to be called in the background several times a lease.
public final class LeasedKeyring: SealingKeyring {
    private struct Opened {
        let keys: TenantKeys
        let stored: StoredSealingKey
    }

    /// What is known of a tenant.
    private struct Tenant {
        var opened: Opened?
        /// Under way for everyone who waits: one request to Core at a time and tenant.
        var opening: Task<TenantKeys, any Error>?
        /// Asked too recently to ask again: what the last attempt said, and until when it holds (monotonic nanoseconds).
        var refusal: (failure: OperationFailure, until: Int64)?
    }

    private let store: any Store
    private let sealing: SealingCore
    private let keyName: String
    private let lease: Int64
    private let tenants = Mutex<[String: Tenant]>([:])
    private let whenClosed = Mutex<(@Sendable (String) -> Void)?>(nil)

    /// - Parameters:
    ///   - keyName: the Name of the tenants' L3 key at Core.
    ///   - lease: how long an opened key serves without Core, in nanoseconds.
    public init(store: any Store, core: any CoreService, keyName: String, lease: Int64) {
        self.store = store
        self.sealing = SealingCore(core: core)
        self.keyName = keyName
        self.lease = lease
    }

    /// Who has to forget what was opened with a tenant's keys when they close. Set once, at start-up.
    public func setClosedHandler(_ handler: @escaping @Sendable (String) -> Void) { whenClosed.withLock { $0 = handler } }

    public func open(_ tenant: String) -> TenantKeys? {
        let keys = tenants.withLock { $0[tenant]?.opened?.keys }
        guard let keys, keys.isOpen(at: MonotonicClock.now) else { return nil }
        return keys
    }

    public func keys(of tenant: String) async throws(OperationFailure) -> TenantKeys {
        if let keys = open(tenant) { return keys }
        let now = MonotonicClock.now
        let task: Result<Task<TenantKeys, any Error>, OperationFailure> = tenants.withLock { tenants in
            if let refusal = tenants[tenant]?.refusal, now < refusal.until { return .failure(refusal.failure) }
            if let task = tenants[tenant]?.opening { return .success(task) }
            // Unstructured on purpose: the opening belongs to all who wait for it, not to the one who came first.
            let task = Task { try await self.openKeys(of: tenant) }
            tenants[tenant, default: Tenant()].opening = task
            return .success(task)
        }
        do { return try await task.get().value } catch {
            throw error as? OperationFailure ?? OperationFailure(.generalFailure, "The tenant's sealing key cannot be opened")
        }
    }

    /// Asks Core again for every open key: extends the lease where Core agrees, closes where it refuses, waits where it does not
    /// answer. Keys whose lease has ended are closed.
    public func renewLeases() async {
        let opened = tenants.withLock { $0.compactMapValues(\.opened) }
        await withTaskGroup(of: Void.self) { tasks in
            for (index, (tenant, current)) in opened.enumerated() {
                // So many at a time that neither Core nor the lease suffers from the number of tenants.
                if index >= 16 { await tasks.next() }
                tasks.addTask { await self.renew(tenant, current) }
            }
        }
    }

    private func renew(_ tenant: String, _ current: Opened) async {
        let asked = MonotonicClock.now
        do throws(SealingCore.Refusal) {
            _ = try await sealing.decrypt(current.stored, tenant: tenant, generation: current.keys.current)
            current.keys.extendLease(to: asked + lease)
        } catch {
            if case .refused(let reason, let text) = error {
                close(tenant, current.keys, because: "Core refuses to open the sealing key of \(tenant): \(reason): \(text)")
            }
        }
        if !current.keys.isOpen(at: MonotonicClock.now) {
            close(tenant, current.keys, because: "the lease of the sealing key of \(tenant) has ended, and Core did not renew it")
        }
    }

    private func close(_ tenant: String, _ keys: TenantKeys, because reason: String) {
        keys.close()
        let wasOpen = tenants.withLock { tenants in
            guard tenants[tenant]?.opened?.keys === keys else { return false }
            tenants[tenant]?.opened = nil
            return true
        }
        guard wasOpen else { return }
        InternalFailure.report(OperationFailure(.permissionDenied, reason))
        whenClosed.withLock { $0 }?(tenant)
    }

    // MARK: Opening

    /// How long a failed attempt answers for the next ones, in nanoseconds: an outage is not to become a storm at Core.
    private static let pause: Int64 = 500_000_000

    private func openKeys(of tenant: String) async throws -> TenantKeys {
        let asked = MonotonicClock.now
        do throws(OperationFailure) {
            let (stored, generation) = try await current(tenant)
            let key: SecretKey
            do throws(SealingCore.Refusal) {
                key = try await sealing.decrypt(stored, tenant: tenant, generation: generation)
            } catch { throw failure(error, tenant) }
            let keys = try split(key, tenant: tenant, generation: generation, leaseEnd: asked + lease)
            replace(tenant, by: Tenant(opened: Opened(keys: keys, stored: stored)))
            return keys
        } catch {
            replace(tenant, by: Tenant(refusal: (error, MonotonicClock.now + Self.pause)))
            throw error
        }
    }

    /// What was opened with earlier keys is wiped with them, whether their lease ran out or Core refused.
    private func replace(_ tenant: String, by now: Tenant) {
        let before = tenants.withLock { tenants in
            defer { tenants[tenant] = now }
            return tenants[tenant]?.opened
        }
        guard let before else { return }
        before.keys.close()
        whenClosed.withLock { $0 }?(tenant)
    }

    private func failure(_ refusal: SealingCore.Refusal, _ tenant: String) -> OperationFailure {
        switch refusal {
        case .refused(let reason, let text):
            InternalFailure.report(OperationFailure(reason, "Core refuses to open the sealing key of \(tenant): \(text)"))
            return OperationFailure(.permissionDenied, "Core refuses to open the tenant's sealing key: \(text)")
        case .unanswered(let text, let rule):
            return OperationFailure(.generalFailure, "The tenant's sealing key is not open and cannot be opened now: \(text)", rule: rule)
        }
    }

    private static let prefix: [UInt8] = Array("t/seal/".utf8)

    /// The newest generation of a tenant's sealing key, made where there is none.
    private func current(_ tenant: String) async throws(OperationFailure) -> (StoredSealingKey, UInt32) {
        do {
            if let found = try await load(tenant) { return found }
            try await make(tenant)
            guard let made = try await load(tenant) else {
                throw StoreError(.failed, "the sealing key of \(tenant) is not there after it was made")
            }
            return made
        } catch let failure as OperationFailure { throw failure } catch {
            InternalFailure.report(error)
            throw OperationFailure(.generalFailure, "The server's keystore does not answer")
        }
    }

    private func load(_ tenant: String) async throws -> (StoredSealingKey, UInt32)? {
        var newest: (StoredSealingKey, UInt32)?
        for entry in try await store.scan(prefix: Self.prefix, after: nil, limit: 1000, in: Namespace(tenant)) {
            guard let generation = UInt32(String(decoding: entry.key[Self.prefix.count...], as: UTF8.self)) else { continue }
            guard let stored = StoredSealingKey(entry.value) else {
                throw StoreError(.corrupt, "generation \(generation) of the sealing key of \(tenant) is not of a format that this version reads")
            }
            if generation > newest?.1 ?? 0 { newest = (stored, generation) }
        }
        return newest
    }

    private func make(_ tenant: String) async throws {
        let generation: UInt32 = 1
        let stored: StoredSealingKey
        do throws(SealingCore.Refusal) {
            guard let key = try await sealing.locate(name: keyName, tenant: tenant) else {
                throw SealingCore.Refusal.refused(
                    .itemNotFound,
                    "the tenant has no Active L3 key of the Name \(keyName) at Core; its tenant-admin creates and activates one"
                )
            }
            let plaintext = try Self.freshKey()
            stored = try await sealing.encrypt(plaintext.bytes, with: key, tenant: tenant, generation: generation)
        } catch { throw failure(error, tenant) }
        do {
            try await store.commit([.put(Self.prefix + Array("\(generation)".utf8), stored.encoded, expecting: .absent)], in: Namespace(tenant))
        } catch let error as StoreError where error.code == .conflict {
            // Made by someone else meanwhile: theirs is the key.
        }
    }

    private static func freshKey() throws(SealingCore.Refusal) -> SecretKey {
        do { return SecretKey(try SecretBytes.random(count: StoredSealingKey.plaintextSize)) } catch { throw .unanswered("\(error)") }
    }

    private func split(_ key: SecretKey, tenant: String, generation: UInt32, leaseEnd: Int64) throws(OperationFailure) -> TenantKeys {
        func half(_ range: Range<Int>) throws -> SecretKey {
            try key.bytes.withUnsafeBytes { bytes in SecretKey(try SecretBytes(copying: UnsafeRawBufferPointer(rebasing: bytes[range]))) }
        }
        do {
            return TenantKeys(
                tenant: tenant,
                current: generation,
                generations: [generation: try half(0..<32)],
                blinding: try half(32..<64),
                leaseEnd: leaseEnd
            )
        } catch {
            InternalFailure.report(error)
            throw OperationFailure(.generalFailure, "The server has no locked memory left for keys")
        }
    }
}
