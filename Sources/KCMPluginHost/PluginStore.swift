internal import CKCMPlugin
internal import Glibc
public import KCMStore
public import Logging
internal import Synchronization

/// A store behind the C ABI. Reads run on reader threads; commits of all callers meet in one queue, from which one writer thread
/// takes everything there is and hands it to the plugin as a group: one sync for many.
///
/// `@unchecked Sendable`: `instance` is a constant that is only handed to the plugin's functions, by its thread model.
public final class PluginStore: Store, @unchecked Sendable {
    public let limits: StoreLimits
    private let library: PluginLibrary
    let functions: kcm_store_functions
    private let services: PluginHostServices
    let instance: UnsafeMutableRawPointer
    let calls: PluginCalls
    private let queue: CommitQueue
    private let closing = Mutex<Task<Void, Never>?>(nil)
    private let leftOpen = Atomic(false)

    /// Opens the plugin's store. Blocks until it is open: to be called at start-up.
    /// - Parameters:
    ///   - settings: the configuration's, as the plugin's README has them.
    ///   - deadline: how long a call may take.
    /// - Throws: ``PluginError``.
    public init(
        _ library: PluginLibrary,
        settings: [String: String],
        logger: Logger,
        deadline: Duration = .seconds(5),
        readerCount: Int = 4
    ) throws(PluginError) {
        guard let functions = library.store, let open = functions.open else {
            throw PluginError(library.info.name, file: library.info.file, "is no store")
        }
        self.library = library
        self.functions = functions
        services = PluginHostServices(plugin: library.info.name, logger: logger)
        instance = try services.open(library.info, settings: settings, with: open)
        var limits = kcm_store_limits()
        limits.struct_size = UInt32(MemoryLayout<kcm_store_limits>.size)
        functions.limits?(instance, &limits)
        guard limits.maximum_key >= 512, limits.maximum_value >= 4096, limits.maximum_batch >= 64 else {
            functions.close?(instance)
            throw PluginError(
                library.info.name,
                file: library.info.file,
                "declares limits below the least of the contract (keys of 512 bytes, values of 4,096, 64 writes a batch)"
            )
        }
        self.limits = StoreLimits(
            maximumKeySize: Int(clamping: limits.maximum_key),
            maximumValueSize: Int(clamping: limits.maximum_value),
            maximumBatch: Int(limits.maximum_batch)
        )
        calls = PluginCalls(library.info, deadline: deadline, readerCount: readerCount)
        queue = CommitQueue()
    }

    /// What the plugin says of itself.
    public var info: PluginInfo { library.info }
    /// How often it was called since it was opened, and what came of it.
    public var metrics: PluginMetrics { calls.metrics }
    /// After ``close()``: a call did not come back, so that the plugin could not be closed, and what it was asked may or may not be done.
    public var isLeftOpen: Bool { leftOpen.load(ordering: .acquiring) }

    public func get(_ key: [UInt8], in namespace: Namespace) async throws -> StoredValue? {
        try check(namespace)
        // Such a key cannot be there.
        guard key.count <= limits.maximumKeySize else { return nil }
        return try await calls.read("get") { [self] in
            let sink = ValueSink(limit: limits.maximumValueSize)
            var error = kcm_error.empty
            let code = withBytes(namespace) { name in
                withBytes(key) { key in
                    functions.get?(instance, name, key, ValueSink.function, Unmanaged.passUnretained(sink).toOpaque(), &error) ?? KCM_FAILED
                }
            }
            if code == KCM_NOT_FOUND {
                guard sink.calls == 0 else { throw StoreError(.failed, "plugin \(info.name): get handed over a value and said that there is none") }
                return nil
            }
            try check(code, "get", error)
            return StoredValue(value: try sink.value(plugin: info.name, of: "get"), revision: sink.revision)
        }
    }

    public func scan(prefix: [UInt8], after: [UInt8]?, limit: Int, in namespace: Namespace) async throws -> [StoredEntry] {
        try check(namespace)
        guard limit > 0, (after?.count ?? 0) <= limits.maximumKeySize else {
            throw StoreError(.invalid, "plugin \(info.name): a scan takes a limit of at least 1 and a cursor within the size of a key")
        }
        guard prefix.count <= limits.maximumKeySize else { return [] }
        return try await calls.read("scan") { [self] in
            let sink = EntrySink(prefix: prefix, after: after, limit: limit, limits: limits)
            var error = kcm_error.empty
            let context = Unmanaged.passUnretained(sink).toOpaque()
            let code = withBytes(namespace) { name in
                withBytes(prefix) { prefix in
                    guard let after else {
                        return functions.scan?(instance, name, prefix, nil, UInt32(clamping: limit), EntrySink.function, context, &error)
                            ?? KCM_FAILED
                    }
                    return withBytes(after) { after in
                        withUnsafePointer(to: after) { after in
                            functions.scan?(instance, name, prefix, after, UInt32(clamping: limit), EntrySink.function, context, &error) ?? KCM_FAILED
                        }
                    }
                }
            }
            try check(code, "scan", error)
            return try sink.result(plugin: info.name)
        }
    }

    public func namespaces() async throws -> [Namespace] {
        try await calls.read("namespaces") { [self] in
            let sink = NamespaceSink()
            var error = kcm_error.empty
            let code = functions.namespaces?(instance, NamespaceSink.function, Unmanaged.passUnretained(sink).toOpaque(), &error) ?? KCM_FAILED
            try check(code, "namespaces", error)
            return try sink.result(plugin: info.name)
        }
    }

    public func statistics() async throws -> StoreStatistics {
        try await calls.read("statistics") { [self] in
            var statistics = kcm_store_statistics()
            statistics.struct_size = UInt32(MemoryLayout<kcm_store_statistics>.size)
            var error = kcm_error.empty
            try check(functions.statistics?(instance, &statistics, &error) ?? KCM_FAILED, "statistics", error)
            return StoreStatistics(namespaces: statistics.namespaces, entries: statistics.entries, bytes: statistics.bytes)
        }
    }

    public func checkHealth() async throws {
        try await calls.read("health") { [self] in
            var error = kcm_error.empty
            try check(functions.health?(instance, &error) ?? KCM_FAILED, "health", error)
        }
    }

    public func close() async {
        let task = closing.withLock { closing in
            if let closing { return closing }
            let task = Task { [self] in
                // A plugin with a call inside must not be closed: it is left as it is, for the process to end with.
                guard await calls.close() else {
                    leftOpen.store(true, ordering: .releasing)
                    return services.complain("a call did not come back; the store was not closed")
                }
                functions.close?(instance)
            }
            closing = task
            return task
        }
        await task.value
    }

    // MARK: Writing

    public func commit(_ writes: [StoreWrite], in namespace: Namespace) async throws {
        try check(namespace)
        try check(writes)
        // Whoever finds the writer idle runs the queue; its call takes along what others add meanwhile.
        let pending = CommitQueue.Pending(namespace: namespace, writes: writes)
        guard let isFirst = queue.add(pending) else {
            throw StoreError(.unavailable, "plugin \(info.name): \(CommitQueue.maximum) commits are waiting already")
        }
        if isFirst { startWriter() }
        try await pending.result()
    }

    /// One call, and so one deadline, for each group; the next follows while commits wait.
    private func startWriter() {
        calls.submitWrite("commit") { [self] in
            commitNextGroup()
        } isGood: {
            $0 == .nothingLeft ? nil : $0 == .done
        } then: { [self] result in
            switch result {
            case .success(.done), .success(.failed): startWriter()
            case .success(.nothingLeft): break
            // Past the deadline, or closed: whoever waits is told, and the next commit starts anew.
            case .failure(let error):
                let unbegun = StoreError(.unavailable, "plugin \(info.name): the commits before did not come back; this one was not begun")
                queue.failAll(error, unbegun: unbegun)
            }
        }
    }

    private enum GroupResult {
        case done, failed, nothingLeft
    }

    private func commitNextGroup() -> GroupResult {
        guard let group = queue.take(CommitQueue.groupSize) else { return .nothingLeft }
        do { try commit(group) } catch {
            for pending in group { pending.finish(.failure(error)) }
            return .failed
        }
        return .done
    }

    /// Hands one group to the plugin.
    private func commit(_ group: [CommitQueue.Pending]) throws {
        let memory = GroupMemory(group)
        calls.count(batches: group.count)
        var error = kcm_error.empty
        let code = memory.withBatches { functions.commit?(instance, $0.baseAddress, UInt32($0.count), &error) ?? KCM_FAILED }
        try check(code, "commit", error)
        for (pending, code) in zip(group, memory.results) {
            pending.finish(Result { try check(code, "commit", error) })
        }
    }

    func check(_ code: Int32, _ what: String, _ error: kcm_error) throws {
        guard code != KCM_OK else { return }
        throw StoreError(plugin: info.name, code: code, what, error)
    }
}
