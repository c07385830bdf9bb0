public import KCMEngine
public import KCMStore
public import KMIP
internal import Synchronization

/// The sealing keys of Edge's tenants: stored as ciphertext of Core, opened by Core, held for a lease (design §2, "Sealing at the
/// edge").
///
/// ``renewLeases()`` is to be called in the background several times a lease. A sealing key has generations: when the Name leads to
/// another L3 key at Core, after a Re-key for example, a new generation is made under that one; the old ones go on opening what they
/// sealed for as long as Core opens them.
public final class LeasedKeyring: SealingKeyring {
    private struct Opened {
        let keys: TenantKeys
        /// All generations, those that stay shut included.
        var stored: [UInt32: StoredSealingKey]
    }

    /// What is known of a tenant.
    private struct Tenant {
        var opened: Opened?
        /// Under way for everyone who waits: one request to Core at a time and tenant.
        var opening: Task<TenantKeys, any Error>?
        /// Asked too recently to ask again: what the last attempt said, and until when it holds (monotonic nanoseconds).
        var refusal: (failure: OperationFailure, until: Int64)?
    }

    private let generations: SealingGenerations
    private let keyName: String
    private let lease: Int64
    private let tenants = Mutex<[String: Tenant]>([:])
    private let whenClosed = Mutex<(@Sendable (String) -> Void)?>(nil)
    private let whenRotated = Mutex<(@Sendable (_ tenant: String, _ generation: UInt32, _ key: String) -> Void)?>(nil)

    /// - Parameters:
    ///   - keyName: the Name of the tenants' L3 key at Core.
    ///   - lease: how long an opened key serves without Core, in nanoseconds.
    public init(store: any Store, core: any CoreService, keyName: String, lease: Int64) {
        generations = SealingGenerations(store: store, sealing: SealingCore(core: core))
        self.keyName = keyName
        self.lease = lease
    }

    /// Who has to forget what was opened with a tenant's keys when they close. Set once, at start-up.
    public func setClosedHandler(_ handler: @escaping @Sendable (String) -> Void) { whenClosed.withLock { $0 = handler } }

    /// Who is told of a tenant's new generation and the L3 key that it is under. Set once, at start-up.
    public func setRotatedHandler(_ handler: @escaping @Sendable (_ tenant: String, _ generation: UInt32, _ key: String) -> Void) {
        whenRotated.withLock { $0 = handler }
    }

    /// The tenants that have a sealing key here.
    /// - Throws: `StoreError`.
    public func sealedTenants() async throws -> [String] { try await generations.tenants() }

    /// The L3 key at Core of each generation, where the tenant's keys are open.
    public func coreKeys(of tenant: String) -> [UInt32: String] {
        tenants.withLock { $0[tenant]?.opened?.stored.mapValues(\.keyIdentifier) ?? [:] }
    }

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
        var isAnswered = true
        for (generation, stored) in current.stored where current.keys.key(generation) != nil {
            do throws(SealingCore.Refusal) {
                _ = try await generations.sealing.decrypt(stored, tenant: tenant, generation: generation)
            } catch {
                guard case .refused(let reason, let text) = error else { isAnswered = false; continue }
                if generation == current.keys.current {
                    return close(tenant, current.keys, because: "Core refuses to open the sealing key of \(tenant): \(reason): \(text)")
                }
                current.keys.refuse(generation, because: Self.refusal(stored, text))
                reportShut(generation, stored, tenant, text)
                // What it opened goes at once; the rest is opened again on demand.
                whenClosed.withLock { $0 }?(tenant)
            }
        }
        if isAnswered { current.keys.extendLease(to: asked + lease) }
        guard current.keys.isOpen(at: MonotonicClock.now) else {
            return close(tenant, current.keys, because: "the lease of the sealing key of \(tenant) has ended, and Core did not renew it")
        }
        do throws(OperationFailure) { try await rotateIfReplaced(tenant, current) } catch { InternalFailure.report(error) }
    }

    // MARK: Generations

    /// The tenant's keys, with a new generation where the Name leads to another L3 key than the current one is under.
    /// - Throws: as ``keys(of:)``; what stands in the way of a new generation.
    public func refreshedKeys(of tenant: String) async throws(OperationFailure) -> TenantKeys {
        let keys = try await keys(of: tenant)
        if let opened = tenants.withLock({ $0[tenant]?.opened }), opened.keys === keys { try await rotateIfReplaced(tenant, opened) }
        return keys
    }

    private func rotateIfReplaced(_ tenant: String, _ opened: Opened) async throws(OperationFailure) {
        let current = opened.keys.current
        do {
            guard let key = try await generations.sealing.locate(name: keyName, tenant: tenant), key != opened.stored[current]?.keyIdentifier
            else { return }
            try await generations.make(current + 1, of: tenant, under: key, blinding: opened.keys.blinding)
            guard let stored = try await generations.load(tenant)[current + 1] else { return }
            let parts = try await generations.open(stored, tenant: tenant, generation: current + 1)
            opened.keys.rotate(to: current + 1, key: parts.sealing)
            tenants.withLock { tenants in
                if tenants[tenant]?.opened?.keys === opened.keys { tenants[tenant]?.opened?.stored[current + 1] = stored }
            }
            whenRotated.withLock { $0 }?(tenant, current + 1, stored.keyIdentifier)
        } catch { throw failure(error, tenant) }
    }

    /// For clients, too: which key of Core, and what Core says.
    private static func refusal(_ stored: StoredSealingKey, _ text: String) -> String { "\(stored.keyIdentifier): \(text)" }

    private func reportShut(_ generation: UInt32, _ stored: StoredSealingKey, _ tenant: String, _ text: String) {
        InternalFailure.report(
            OperationFailure(
                .permissionDenied,
                "generation \(generation) of the sealing key of \(tenant) stays shut, and with it what it sealed: Core refuses "
                    + Self.refusal(stored, text)
            )
        )
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
            let opened = try await open(tenant, leaseEnd: asked + lease)
            replace(tenant, by: Tenant(opened: opened))
            return opened.keys
        } catch {
            replace(tenant, by: Tenant(refusal: (error, MonotonicClock.now + Self.pause)))
            throw error
        }
    }

    /// Opens all generations. Where the newest one is refused, the Name may lead to another key by now: then a generation under that one
    /// serves new objects, and what the refused ones sealed stays shut.
    private func open(_ tenant: String, leaseEnd: Int64) async throws(OperationFailure) -> Opened {
        var stored = try await generations.load(tenant)
        var parts: [UInt32: SealingGenerations.Parts] = [:]
        var refusals: [UInt32: (reason: ResultReason, text: String)] = [:]
        for (generation, one) in stored {
            do throws(SealingCore.Refusal) { parts[generation] = try await generations.open(one, tenant: tenant, generation: generation) } catch {
                guard case .refused(let reason, let text) = error else { throw failure(error, tenant) }
                refusals[generation] = (reason, text)
            }
        }
        var current = stored.keys.max() ?? 0
        if parts[current] == nil {
            let key = try await replacementKey(tenant, for: stored[current], refusals[current])
            let newest = parts.max { $0.key < $1.key }?.value
            do {
                try await generations.make(current + 1, of: tenant, under: key, blinding: newest?.blinding)
                stored = try await generations.load(tenant)
                current += 1
                guard let made = stored[current] else {
                    throw StoreError(.failed, "the sealing key of \(tenant) is not there after it was made")
                }
                parts[current] = try await generations.open(made, tenant: tenant, generation: current)
                if current > 1 { whenRotated.withLock { $0 }?(tenant, current, made.keyIdentifier) }
            } catch { throw failure(error, tenant) }
        }
        guard let opened = parts[current] else { throw OperationFailure(.generalFailure, "The tenant's sealing key cannot be opened") }
        var shut: [UInt32: String] = [:]
        for (generation, refusal) in refusals {
            guard let one = stored[generation] else { continue }
            shut[generation] = Self.refusal(one, refusal.text)
            reportShut(generation, one, tenant, refusal.text)
        }
        let keys = TenantKeys(
            tenant: tenant,
            current: current,
            generations: parts.mapValues(\.sealing),
            refusals: shut,
            blinding: opened.blinding,
            leaseEnd: leaseEnd
        )
        return Opened(keys: keys, stored: stored)
    }

    /// The key for a new generation where there is none, or the newest one is refused.
    private func replacementKey(
        _ tenant: String,
        for newest: StoredSealingKey?,
        _ refusal: (reason: ResultReason, text: String)?
    ) async throws(OperationFailure) -> String {
        let key: String?
        do throws(SealingCore.Refusal) { key = try await generations.sealing.locate(name: keyName, tenant: tenant) } catch {
            throw failure(error, tenant)
        }
        if let key, key != newest?.keyIdentifier { return key }
        throw failure(
            refusal.map { SealingCore.Refusal.refused($0.reason, $0.text) }
                ?? .refused(
                    .itemNotFound,
                    "the tenant has no Active L3 key of the Name \(keyName) at Core; its tenant-admin creates and activates one"
                ),
            tenant
        )
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

    private func failure(_ error: any Error, _ tenant: String) -> OperationFailure {
        switch error {
        case SealingCore.Refusal.refused(let reason, let text):
            InternalFailure.report(OperationFailure(reason, "Core refuses to open the sealing key of \(tenant): \(text)"))
            return OperationFailure(.permissionDenied, "Core refuses to open the tenant's sealing key: \(text)")
        case SealingCore.Refusal.unanswered(let text, let rule):
            return OperationFailure(.generalFailure, "The tenant's sealing key is not open and cannot be opened now: \(text)", rule: rule)
        default: return SealingGenerations.failure(error)
        }
    }
}
