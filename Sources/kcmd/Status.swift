internal import KCMCrypto
internal import KCMServer
internal import KCMStore
internal import Synchronization

/// What the admin port tells of the daemon.
final class Status: AdminSource {
    private let store: any Store
    private let root: (any RootOfTrust)?
    private let server = Mutex<Server?>(nil)
    private let isStopping = Atomic(false)

    init(store: any Store, root: (any RootOfTrust)?) {
        self.store = store
        self.root = root
    }

    func serve(_ server: Server) { self.server.withLock { $0 = server } }
    func stop() { isStopping.store(true, ordering: .releasing) }

    func reasonsNotReady() async -> [String] {
        var reasons: [String] = []
        if isStopping.load(ordering: .acquiring) { reasons.append("stopping") }
        if server.withLock({ $0 == nil }) { reasons.append("starting") }
        do { try await store.checkHealth() } catch { reasons.append("keystore: \(error)") }
        do { try await root?.checkHealth() } catch { reasons.append("root of trust: \(error)") }
        return reasons
    }

    func metrics() -> String {
        let memory = SecretBytes.statistics
        let connections = server.withLock { $0?.connectionCount } ?? 0
        return """
            # TYPE kcm_connections gauge
            kcm_connections \(connections)
            # TYPE kcm_locked_memory_bytes gauge
            kcm_locked_memory_bytes \(memory.locked)
            # TYPE kcm_locked_memory_used_bytes gauge
            kcm_locked_memory_used_bytes \(memory.used)

            """
    }
}
