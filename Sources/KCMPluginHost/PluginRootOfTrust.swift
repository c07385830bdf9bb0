internal import CKCMPlugin
internal import Synchronization
public import KCMCrypto
public import KCMStore
public import Logging

/// A root of trust behind the C ABI.
///
/// `@unchecked Sendable`: as ``PluginStore``.
public final class PluginRootOfTrust: RootOfTrust, @unchecked Sendable {
    private static let maximumBlob = 1024

    private let library: PluginLibrary
    private let functions: kcm_root_functions
    private let services: PluginHostServices
    private let instance: UnsafeMutableRawPointer
    private let calls: PluginCalls
    private let closing = Mutex<Task<Void, Never>?>(nil)
    private let leftOpen = Atomic(false)

    /// Opens the plugin's root of trust. Blocks until it is open: to be called at start-up.
    /// - Throws: ``PluginError``.
    public init(_ library: PluginLibrary, settings: [String: String], logger: Logger, deadline: Duration = .seconds(5)) throws(PluginError) {
        guard let functions = library.root, let open = functions.open else {
            throw PluginError(library.info.name, file: library.info.file, "is no root of trust")
        }
        self.library = library
        self.functions = functions
        services = PluginHostServices(plugin: library.info.name, logger: logger)
        instance = try services.open(library.info, settings: settings, with: open)
        calls = PluginCalls(library.info, deadline: deadline, readerCount: 1)
    }

    /// What the plugin says of itself.
    public var info: PluginInfo { library.info }
    /// How often it was called since it was opened, and what came of it.
    public var metrics: PluginMetrics { calls.metrics }
    /// After ``close()``: a call did not come back, so that the plugin could not be closed, and what it was asked may or may not be done.
    public var isLeftOpen: Bool { leftOpen.load(ordering: .acquiring) }

    public func wrap(_ key: borrowing SecretBytes) async throws -> [UInt8] {
        // A copy that lives as long as the call, which may outlast this function's caller.
        let copy = Shared(try key.copy())
        return try await calls.write("wrap") { [self] in
            let sink = ValueSink(limit: Self.maximumBlob)
            var error = kcm_error.empty
            let code = copy.bytes.withUnsafeBytes { key in
                let bytes = kcm_bytes(data: key.baseAddress?.assumingMemoryBound(to: UInt8.self), size: UInt64(key.count))
                return functions.wrap?(instance, bytes, ValueSink.function, Unmanaged.passUnretained(sink).toOpaque(), &error) ?? KCM_FAILED
            }
            guard code == KCM_OK else { throw StoreError(plugin: info.name, code: code, "wrap", error) }
            return try sink.value(plugin: info.name, of: "wrap")
        }
    }

    public func unwrap(_ wrapped: [UInt8]) async throws -> SecretBytes {
        let opened = try await calls.write("unwrap") { [self] in
            let sink = SecretSink()
            var error = kcm_error.empty
            let code = withBytes(wrapped) { blob in
                functions.unwrap?(instance, blob, SecretSink.function, Unmanaged.passUnretained(sink).toOpaque(), &error) ?? KCM_FAILED
            }
            guard code == KCM_OK else { throw StoreError(plugin: info.name, code: code, "unwrap", error) }
            if let failure = sink.failure { throw failure }
            guard let secret = sink.secret, sink.calls == 1 else {
                throw StoreError(.failed, "plugin \(info.name): unwrap succeeded without handing over one key of 16 to 64 bytes")
            }
            return secret
        }
        return try opened.bytes.copy()
    }

    public func checkHealth() async throws {
        try await calls.read("health") { [self] in
            var error = kcm_error.empty
            let code = functions.health?(instance, &error) ?? KCM_FAILED
            guard code == KCM_OK else { throw StoreError(plugin: info.name, code: code, "health", error) }
        }
    }

    public func close() async {
        let task = closing.withLock { closing in
            if let closing { return closing }
            let task = Task { [self] in
                guard await calls.close() else {
                    leftOpen.store(true, ordering: .releasing)
                    return services.complain("a call did not come back; the root of trust was not closed")
                }
                functions.close?(instance)
            }
            closing = task
            return task
        }
        await task.value
    }
}

/// Secret bytes that several places may hold for a while.
private final class Shared: Sendable {
    let bytes: SecretBytes
    init(_ bytes: consuming SecretBytes) { self.bytes = bytes }
}

/// Takes one key from a plugin straight into locked memory.
private final class SecretSink {
    private(set) var secret: Shared?
    /// Why a key that came was not taken.
    private(set) var failure: (any Error)?
    private(set) var calls = 0

    static let function: kcm_value_sink = { context, value, _ in
        guard let context else { return }
        let sink = Unmanaged<SecretSink>.fromOpaque(context).takeUnretainedValue()
        sink.calls += 1
        guard (16...64).contains(value.size), let data = value.data else { return }
        do {
            sink.secret = Shared(try SecretBytes(copying: UnsafeRawBufferPointer(start: data, count: Int(value.size))))
        } catch { sink.failure = error }
    }
}
