internal import KCMAudit
internal import KCMCrypto
internal import KCMDelegation
internal import KCMEdge
internal import KCMEngine
internal import KCMPluginHost
internal import KCMServer
internal import Synchronization

/// What the admin port tells of the daemon.
final class Status: AdminSource {
    private let store: PluginStore
    private let root: PluginRootOfTrust?
    private let audit: AuditTrail
    private let clock: ClockWatch
    private let server = Mutex<LimitMetrics?>(nil)
    private let resealer = Mutex<Resealer?>(nil)
    private let core = Mutex<CoreHTTPClient?>(nil)
    private let repository = Mutex<ObjectRepository?>(nil)
    private let isStopping = Atomic(false)

    init(store: PluginStore, root: PluginRootOfTrust?, audit: AuditTrail, clock: ClockWatch) {
        self.store = store
        self.root = root
        self.audit = audit
        self.clock = clock
    }

    func serve(_ server: LimitMetrics) { self.server.withLock { $0 = server } }
    func serve(_ resealer: Resealer) { self.resealer.withLock { $0 = resealer } }
    /// At Edge: the way to Core.
    func watch(_ client: CoreHTTPClient) { core.withLock { $0 = client } }
    /// Whose cache is counted.
    func watch(_ repository: ObjectRepository) { self.repository.withLock { $0 = repository } }
    func stop() { isStopping.store(true, ordering: .releasing) }

    func reasonsNotReady() async -> [String] {
        var reasons: [String] = []
        if isStopping.load(ordering: .acquiring) { reasons.append("stopping") }
        if server.withLock({ $0 == nil }) { reasons.append("starting") }
        do { try await store.checkHealth() } catch { reasons.append("keystore: \(error)") }
        do { try await root?.checkHealth() } catch { reasons.append("root of trust: \(error)") }
        if let problem = audit.statistics.problem { reasons.append("audit log: \(problem)") }
        return reasons
    }

    func metrics() -> String {
        let log = audit.statistics
        let serving = server.withLock { $0 }
        return """
            # TYPE kcm_connections gauge
            kcm_connections \(serving?.server.connectionCount ?? 0)
            # TYPE kcm_audit_records_total counter
            kcm_audit_records_total \(log.records)
            # TYPE kcm_audit_failures_total counter
            kcm_audit_failures_total \(log.failures)
            # TYPE kcm_audit_rotations_total counter
            kcm_audit_rotations_total \(log.rotations)
            # TYPE kcm_audit_bytes gauge
            kcm_audit_bytes \(log.bytes)
            # TYPE kcm_audit_sequence gauge
            kcm_audit_sequence \(log.sequence)

            """ + more.joined()
    }

    /// What the daemon's parts count by themselves.
    private var more: [String] {
        let plugins = [(store.info.name, "store", store.metrics)] + (root.map { [($0.info.name, "root", $0.metrics)] } ?? [])
        return [
            server.withLock { $0 }?.text ?? "",
            clock.metrics,
            Self.processText(),
            Self.text(LockedMemory.statistics, repository.withLock { $0 }?.cacheStatistics),
            resealer.withLock { $0 }?.metrics ?? "",
            Self.text(of: plugins),
            core.withLock { $0 }?.metrics ?? "",
        ]
    }

    func answer(_ request: AdminRequest) async -> AdminAnswer? {
        guard request.path == "/reseal", let resealer = resealer.withLock({ $0 }) else { return nil }
        return await resealer.answer(request)
    }

    /// The plugins' counters, in the text format that scrapers read.
    private static func text(of plugins: [(name: String, part: String, metrics: PluginMetrics)]) -> String {
        var calls = "# TYPE kcm_plugin_calls_total counter\n"
        var batches = "# TYPE kcm_plugin_batches_total counter\n"
        var waiting = "# TYPE kcm_plugin_calls_waiting gauge\n"
        for (name, part, metrics) in plugins {
            let labels = "plugin=\"\(name)\",part=\"\(part)\""
            for (row, count) in metrics.calls.sorted(by: { ($0.key.call, $0.key.outcome.rawValue) < ($1.key.call, $1.key.outcome.rawValue) }) {
                calls += "kcm_plugin_calls_total{\(labels),call=\"\(row.call)\",outcome=\"\(row.outcome.rawValue)\"} \(count)\n"
            }
            if part == "store" { batches += "kcm_plugin_batches_total{\(labels)} \(metrics.batches)\n" }
            waiting += "kcm_plugin_calls_waiting{\(labels)} \(metrics.waiting)\n"
        }
        return calls + batches + waiting
    }
}
