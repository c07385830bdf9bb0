internal import CKCMWipe
internal import Glibc
internal import KCMAccess
internal import KCMAccessSettings
internal import KCMAudit
internal import KCMCore
internal import KCMCrypto
internal import KCMDelegation
internal import KCMEdge
internal import KCMEngine
internal import KCMPluginHost
internal import KCMServer
internal import KCMService
internal import KCMSettings
internal import KCMStore
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import Synchronization
internal import UnixSignals

/// Puts the parts together, runs them, and takes them apart in reverse.
enum Daemon {
    /// Everything that can be checked without taking hold of anything: TLS files, plugins, root of trust, audit key.
    static func check(_ settings: Settings) async throws {
        try LockedMemory.bound(to: settings.limits.lockedMemory)
        _ = try StartUp.trust(settings)
        _ = try Policy(settings.policy)
        let library = try StartUp.library(settings.keystore, settings)
        guard library.info.isStore else { throw Unserved(description: "keystore: plugin \(library.info.name) is no store") }
        if let root = settings.root { try await StartUp.root(root, settings, Logger(label: "kcmd")).close() }
        _ = try SigningKey(pemFile: settings.audit.key)
    }

    static func run(_ settings: Settings, configPath: String) async throws {
        let format = settings.log.format
        LineLogHandler.level.withLock { $0 = Logger.Level(rawValue: settings.log.level.rawValue) ?? .info }
        LoggingSystem.bootstrap { _ in LineLogHandler(format: format) }
        let logger = Logger(label: "kcmd")
        InternalFailure.setSink { text in
            // Where a request met the failure, in its trace: the same that the audit record has.
            logger.error("\(text)", metadata: ChangeContext.record.map { ["trace": "\($0.traceID)"] })
        }
        // A core dump would hold what passed through the wire's buffers.
        try CoreDumps.forbid()
        if kcm_free_is_wiping() == 0 { logger.warning("freed memory is not wiped: this build has the allocator of a sanitizer") }
        try LockedMemory.bound(to: settings.limits.lockedMemory)
        // A peer that closes must not end the daemon.
        signal(SIGPIPE, SIG_IGN)
        // Neither must a limit on the size of files: the write then fails with an error that is dealt with.
        signal(SIGXFSZ, SIG_IGN)

        let trust = try StartUp.trust(settings)
        let store = try StartUp.store(settings, logger)
        do {
            try await run(settings, configPath, trust, store, logger)
            StopDeadline.waits(for: "closing the keystore \(store.info.name)")
            await store.close()
        } catch {
            await store.close()
            throw error
        }
        if store.isLeftOpen { throw Unserved(description: "keystore: a call of plugin \(store.info.name) did not come back; it was not closed") }
    }

    private static func run(_ settings: Settings, _ configPath: String, _ trust: TrustSource, _ store: PluginStore, _ logger: Logger) async throws {
        try await StoreFormat.claim(store)
        if !store.info.isDurable {
            logger.warning("the keystore \(store.info.name) is not durable: what it holds is gone when this daemon ends")
        }
        let root = try settings.root.map { try StartUp.root($0, settings, logger) }
        let pool = NIOThreadPool(numberOfThreads: 1)
        let audit = try AuditTrail(
            path: settings.audit.path,
            key: try SigningKey(pemFile: settings.audit.key),
            node: settings.node,
            mode: settings.mode.rawValue,
            durability: settings.audit.durability == .fsync ? .fsync : .write,
            pool: pool
        )
        let group = MultiThreadedEventLoopGroup(numberOfThreads: System.coreCount)
        pool.start()
        let clock = ClockWatch(audit, logger)
        let status = Status(store: store, root: root, audit: audit, clock: clock)
        let parts = try await assemble(settings, trust, JournaledStore(store, journal: IntentJournal(queue: audit.queue)), root, group, audit, logger)
        if let resealer = parts.resealer { status.serve(resealer) }
        if let client = parts.client { status.watch(client) }
        status.watch(parts.repository)
        // Opened objects can be opened again: they make way for whatever else needs locked memory.
        LockedMemory.setReclaimer { [repository = parts.repository] in repository.reclaim($0) }
        do {
            try await serve(settings, configPath, trust, parts, status, audit, clock, group, logger)
        } catch {
            await parts.resealer?.stop()
            try? await audit.close()
            await parts.client?.close()
            await root?.close()
            try? await pool.shutdownGracefully()
            throw error
        }
        await parts.resealer?.stop()
        StopDeadline.waits(for: "the end of the audit log")
        try await audit.close()
        await parts.client?.close()
        if let root {
            StopDeadline.waits(for: "closing the root of trust \(root.info.name)")
            await root.close()
        }
        StopDeadline.waits(for: "the daemon's threads")
        try await pool.shutdownGracefully()
        try await group.shutdownGracefully()
        logger.info("stopped")
        if let root, root.isLeftOpen { throw Unserved(description: "root: a call of plugin \(root.info.name) did not come back; it was not closed") }
    }

    /// Listens, serves until a signal ends it, and drains.
    private static func serve(
        _ settings: Settings,
        _ configPath: String,
        _ trust: TrustSource,
        _ parts: Parts,
        _ status: Status,
        _ audit: AuditTrail,
        _ clock: ClockWatch,
        _ group: MultiThreadedEventLoopGroup,
        _ logger: Logger
    ) async throws {
        let server = Server(
            group: group,
            trust: trust,
            responder: parts.service,
            audit: audit.queue,
            limits: ServerLimits(
                message: settings.limits.message,
                connections: settings.limits.connections,
                handshakes: settings.limits.handshakes,
                idle: TimeAmount(settings.limits.idle),
                handshake: TimeAmount(settings.limits.handshake)
            ),
            logger: logger
        )
        var ports: [String] = []
        if let at = settings.listen.kmip { ports.append("kmip=\(try await server.listenKMIP(address: at.address, port: at.port))") }
        if let at = settings.listen.https { ports.append("https=\(try await server.listenHTTPS(address: at.address, port: at.port))") }
        if let at = settings.listen.admin {
            ports.append("admin=\(try await server.listenAdmin(address: at.address, port: at.port, source: status))")
        }
        status.serve(LimitMetrics(limits: settings.limits, server: server, load: parts.service.load))
        let refusals = RefusalReporter(parts.service, audit, logger)
        logger.info("ready \(ports.joined(separator: " "))", metadata: ["node": "\(settings.node)", "mode": "\(settings.mode.rawValue)"])

        await withTaskGroup(of: Void.self) { tasks in
            let before = trust.stampsAtStart
            if let keyring = parts.keyring, let lease = settings.sealing?.lease {
                tasks.addTask {
                    while !Task.isCancelled {
                        do { try await Task.sleep(for: lease / 3) } catch { return }
                        await keyring.renewLeases()
                    }
                }
            }
            let keeper = AuditKeeper(audit, settings.audit.rotate, logger)
            tasks.addTask { await keeper.run() }
            tasks.addTask { await clock.run() }
            tasks.addTask { await refusals.run() }
            tasks.addTask { await watchFiles(trust, parts.client, before, logger) }
            for await signal in await UnixSignalsSequence(trapping: [.sigterm, .sigint, .sighup]) {
                guard signal == .sighup else { break }
                reload(trust, parts.service, parts.client, configPath, logger)
            }
            // Before the tasks are waited for: one of them may be in a write that does not return.
            StopDeadline.start(drain: settings.limits.drain)
            tasks.cancelAll()
        }

        logger.info("draining")
        status.stop()
        await server.drain(deadline: settings.limits.drain)
        await refusals.report()
    }

    /// How often the files of TLS are looked at.
    private static let lookInterval = Duration.seconds(2)

    /// Takes changed certificates, keys, anchors and revocation lists without being told.
    /// - Parameter before: the stamps of the files from before they were first read.
    private static func watchFiles(_ trust: TrustSource, _ client: CoreHTTPClient?, _ before: [FileWatch.Stamp], _ logger: Logger) async {
        var watch = FileWatch(before)
        while !Task.isCancelled {
            do { try await Task.sleep(for: lookInterval) } catch { return }
            let stamps = trust.stamps
            guard watch.isDue(stamps) else { continue }
            do {
                // Edge's way to Core first: where that throws, neither has changed.
                try client?.reload()
                try trust.reload()
                watch.succeeded(stamps)
                logger.info("certificates and revocation lists have changed and are reloaded")
            } catch {
                guard watch.failed(stamps) else { continue }
                logger.error(
                    "certificates or revocation lists have changed and cannot be used; what was in use stays, and they are tried again: \(error)")
            }
        }
    }

    private static func reload(_ trust: TrustSource, _ service: KMIPService, _ client: CoreHTTPClient?, _ configPath: String, _ logger: Logger) {
        do {
            let settings = try Settings.load(path: configPath, environment: ProcessEnvironment.variables())
            // All or nothing: roles that only the new policy knows are not to meet the old one.
            let policy = try Policy(settings.policy)
            try client?.reload()
            try trust.reload(identities: IdentityMap(settings))
            service.policy = policy
            LineLogHandler.level.withLock { $0 = Logger.Level(rawValue: settings.log.level.rawValue) ?? .info }
            logger.info("certificates, revocation lists, identity rules, policy and log level are reloaded")
        } catch { logger.error("nothing was reloaded, what was in use stays: \(error)") }
    }

    // MARK: The two modes

    private struct Parts {
        let service: KMIPService
        let repository: ObjectRepository
        var keyring: LeasedKeyring?
        var resealer: Resealer?
        var client: CoreHTTPClient?
    }

    private static func assemble(
        _ settings: Settings,
        _ trust: TrustSource,
        _ store: any Store,
        _ root: PluginRootOfTrust?,
        _ group: MultiThreadedEventLoopGroup,
        _ audit: AuditTrail,
        _ logger: Logger
    ) async throws -> Parts {
        let limits = KMIPService.Limits(batch: settings.limits.batch, message: settings.limits.message, load: LoadControl.Limits(settings.limits))
        let policy = try Policy(settings.policy)
        if let root {
            let mode = CoreMode(
                repository: ObjectRepository(
                    store: store, keyring: TenantKeyring(store: store, root: root), cacheLimits: StartUp.cacheLimits(settings))
            )
            try await provision(settings, mode.engine, audit, logger)
            let service = KMIPService(mode: mode, policy: policy, limits: limits) { chain in
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
            group: group,
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
        let resealer = Resealer(repository: repository, keyring: keyring) { ended in
            logger.info("re-sealing \(ended.tenant): \(ended.state.rawValue), \(ended.resealed) sealed anew, \(ended.left) left. \(ended.message)")
            do { try await audit.append([ended.record]) } catch { logger.error("\(error)") }
        }
        let service = KMIPService(mode: EdgeMode(repository: repository, core: client), policy: policy, limits: limits)
        return Parts(service: service, repository: repository, keyring: keyring, resealer: resealer, client: client)
    }

    /// Makes the L3 keys that the configuration wants to be there; each leaves a record.
    private static func provision(_ settings: Settings, _ engine: Engine, _ audit: AuditTrail, _ logger: Logger) async throws {
        for wanted in settings.provision {
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
            try await audit.append([record])
            logger.info("made the L3 key \(wanted.key) of \(wanted.tenant)", metadata: ["id": "\(made)"])
        }
    }
}
