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
        InternalFailure.setSink { text, trace in
            // Where a request met the failure, in its trace: the same that the audit record has.
            logger.error("\(text)", metadata: (trace ?? ChangeContext.record?.traceID).map { ["trace": "\($0)"] })
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
        // Two: while one waits for the medium before a rotation, the other writes what answers wait for.
        let pool = NIOThreadPool(numberOfThreads: 2)
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
        let base = Base(
            settings: settings,
            configPath: configPath,
            trust: trust,
            root: root,
            group: group,
            audit: audit,
            clock: clock,
            status: Status(store: store, root: root, audit: audit, clock: clock),
            logger: logger
        )
        let parts = try await assemble(on: base, JournaledStore(store, journal: IntentJournal(queue: audit.queue)))
        if let resealer = parts.resealer { base.status.serve(resealer) }
        if let client = parts.client { base.status.watch(client) }
        base.status.watch(parts.repository)
        // Opened objects can be opened again: they make way for whatever else needs locked memory.
        LockedMemory.setReclaimer { [repository = parts.repository] in repository.reclaim($0) }
        do {
            try await serve(parts, on: base)
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
    private static func serve(_ parts: Parts, on base: Base) async throws {
        let (settings, logger) = (base.settings, base.logger)
        let server = Server(
            group: base.group,
            trust: base.trust,
            responder: parts.service,
            audit: base.audit.queue,
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
            ports.append("admin=\(try await server.listenAdmin(address: at.address, port: at.port, source: base.status))")
        }
        let limits = LimitsInForce(settings.limits, server: server, load: parts.service.load)
        base.status.serve(LimitMetrics(inForce: limits))
        let refusals = RefusalReporter(parts.service, base.audit, logger)
        let failures = FailureReporter(logger: logger)
        logger.info("ready \(ports.joined(separator: " "))", metadata: ["node": "\(settings.node)", "mode": "\(settings.mode.rawValue)"])

        await withTaskGroup(of: Void.self) { tasks in
            let before = base.trust.stampsAtStart
            if let keyring = parts.keyring, let lease = settings.sealing?.lease {
                tasks.addTask {
                    while !Task.isCancelled {
                        do { try await Task.sleep(for: lease / 3) } catch { return }
                        await keyring.renewLeases()
                    }
                }
            }
            let keeper = AuditKeeper(base.audit, settings.audit.rotate, logger)
            tasks.addTask { await keeper.run() }
            tasks.addTask { await base.clock.run() }
            tasks.addTask { await refusals.run() }
            tasks.addTask { await failures.run() }
            tasks.addTask { await watchFiles(base.trust, parts.client, before, logger) }
            for await signal in await UnixSignalsSequence(trapping: [.sigterm, .sigint, .sighup]) {
                guard signal == .sighup else { break }
                reload(parts, limits, on: base)
            }
            // Before the tasks are waited for: one of them may be in a write that does not return.
            StopDeadline.start(drain: limits.current.drain)
            tasks.cancelAll()
        }

        logger.info("draining")
        base.status.stop()
        await server.drain(deadline: limits.current.drain)
        await refusals.report()
        failures.report()
    }
}
