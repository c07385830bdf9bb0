internal import KCMAccess
internal import KCMAccessSettings
internal import KCMAudit
internal import KCMCore
internal import KCMDelegation
internal import KCMEdge
internal import KCMEngine
internal import KCMServer
internal import KCMService
internal import KCMSettings
internal import KCMStore
internal import Logging

extension Daemon {
    /// What serves, in one of the two modes.
    struct Parts {
        let service: KMIPService
        let repository: ObjectRepository
        var keyring: LeasedKeyring?
        var resealer: Resealer?
        var client: CoreHTTPClient?
    }

    static func assemble(on base: Base, _ store: any Store) async throws -> Parts {
        let (settings, logger) = (base.settings, base.logger)
        let limits = KMIPService.Limits(batch: settings.limits.batch, message: settings.limits.message, load: LoadControl.Limits(settings.limits))
        let policy = try Policy(settings.policy)
        if let root = base.root {
            let mode = CoreMode(
                repository: ObjectRepository(
                    store: store, keyring: TenantKeyring(store: store, root: root), cacheLimits: StartUp.cacheLimits(settings))
            )
            try await provision(mode.engine, on: base)
            let service = KMIPService(mode: mode, policy: policy, limits: limits) { [trust = base.trust] chain in
                switch trust.authenticate(chain: chain, now: WallClock.now / 1_000_000_000) {
                case .success(let verified):
                    guard let principal = verified.principal else { return .failure(.init("no identity rule of Core maps it")) }
                    return .success(principal)
                case .failure(let refusal): return .failure(.init(refusal.text))
                }
            }
            return Parts(service: service, repository: mode.engine.repository)
        }
        guard let core = settings.core, let sealing = settings.sealing else {
            throw Unserved(description: "core and sealing are required at Edge")
        }
        let client = try CoreHTTPClient(
            urls: core.urls,
            files: CoreTrustFiles(
                certificate: settings.tls.certificate,
                key: settings.tls.key,
                trust: settings.tls.trust,
                revocation: settings.tls.crl
            ),
            timeout: core.timeout,
            group: base.group,
            logger: logger
        )
        let keyring = LeasedKeyring(
            store: store,
            core: client,
            keyName: sealing.key,
            lease: Int64(sealing.lease / .nanoseconds(1))
        )
        let repository = ObjectRepository(store: store, keyring: keyring, cacheLimits: StartUp.cacheLimits(settings))
        keyring.setClosedHandler { repository.forget(tenant: $0) }
        keyring.setRotatedHandler { tenant, generation, key in
            logger.info("generation \(generation) of the sealing key of \(tenant) is under the L3 key \(key)")
        }
        let resealer = Resealer(repository: repository, keyring: keyring) { [audit = base.audit] ended in
            logger.info("re-sealing \(ended.tenant): \(ended.state.rawValue), \(ended.resealed) sealed anew, \(ended.left) left. \(ended.message)")
            do { try await audit.append([ended.record]) } catch { logger.error("\(error)") }
        }
        let service = KMIPService(mode: EdgeMode(repository: repository, core: client), policy: policy, limits: limits)
        return Parts(service: service, repository: repository, keyring: keyring, resealer: resealer, client: client)
    }

    /// Makes the L3 keys that the configuration wants to be there; each leaves a record.
    private static func provision(_ engine: Engine, on base: Base) async throws {
        for wanted in base.settings.provision {
            let (began, start) = (WallClock.now, MonotonicClock.now)
            let key = Provisioning.Key(tenant: wanted.tenant, name: wanted.key)
            var record = AuditRecord()
            record.time = began
            record.traceID = TraceContext.make().traceID
            record.transport = "internal"
            record.operation = "Create"
            record.level = "L3"
            record.objectType = "SymmetricKey"
            record.rule = "provision"
            // So that the intents of its commits say what they are for.
            let made = try await ChangeContext.$record.withValue(record) {
                try await Provisioning.ensure(key, in: engine, now: began / 1_000_000_000)
            }
            guard let made else { continue }
            record.object = made
            record.resultStatus = "Success"
            record.duration = MonotonicClock.now - start
            try await base.audit.append([record])
            base.logger.info("made the L3 key \(wanted.key) of \(wanted.tenant)", metadata: ["id": "\(made)"])
        }
    }
}
