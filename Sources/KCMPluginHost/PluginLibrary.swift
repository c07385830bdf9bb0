package import CKCMPlugin
internal import Glibc

/// A loaded plugin library, its descriptor checked. Never unloaded: code of a library may outlive its last call.
///
/// `@unchecked Sendable`: all members are constants; the function tables are copies, and the functions are called by the rules of
/// the thread model, which ``PluginStore`` and ``PluginRootOfTrust`` keep.
public final class PluginLibrary: @unchecked Sendable {
    public let info: PluginInfo
    /// As far as both sides know it; `nil` where the plugin is no store.
    package let store: kcm_store_functions?
    /// As for the store.
    package let root: kcm_root_functions?
    /// As the plugin has it: of `struct_size` bytes.
    package let descriptor: UnsafePointer<kcm_plugin_descriptor>
    /// The exported function.
    package let entry: Entry

    package typealias Entry = @convention(c) () -> UnsafePointer<kcm_plugin_descriptor>?

    /// Loads a plugin by name or path and checks everything that can be checked before it is opened.
    /// - Throws: ``PluginError``.
    public static func load(_ plugin: String, searchPath: PluginSearchPath) throws(PluginError) -> PluginLibrary {
        try PluginLibrary(plugin, file: try searchPath.file(of: plugin))
    }

    /// Bytes of the descriptor in ABI 1.0: what every plugin has.
    private static let sizeInABI1_0 = 72

    private init(_ plugin: String, file: String) throws(PluginError) {
        func fail(_ reason: String) -> PluginError { PluginError(plugin, file: file, reason) }
        // NODELETE: the code of a library that holds Swift, or threads of its own, must stay mapped.
        guard let handle = dlopen(file, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE) else {
            throw fail("cannot be loaded: \(dlerror().map { String(cString: $0) } ?? "unknown reason")")
        }
        guard let symbol = dlsym(handle, "kcm_plugin_entry") else { throw fail("is no plugin: it does not export kcm_plugin_entry") }
        entry = unsafeBitCast(symbol, to: Entry.self)
        guard let pointer = entry() else { throw fail("gave no descriptor: it cannot work here") }

        // The first 12 bytes are the same in every version; the rest is read as far as struct_size says.
        guard pointer.pointee.magic == KCM_PLUGIN_MAGIC else { throw fail("is no plugin: its descriptor does not start with the magic number") }
        guard pointer.pointee.abi_major == KCM_ABI_MAJOR else {
            throw fail(
                "is built for ABI \(pointer.pointee.abi_major).\(pointer.pointee.abi_minor); this daemon has \(KCM_ABI_MAJOR).\(KCM_ABI_MINOR)")
        }
        guard Int(pointer.pointee.struct_size) >= Self.sizeInABI1_0 else {
            throw fail("has a descriptor of \(pointer.pointee.struct_size) bytes, which is shorter than ABI 1.0")
        }
        self.descriptor = pointer
        let descriptor = Self.prefix(UnsafeRawPointer(pointer), declared: pointer.pointee.struct_size, of: kcm_plugin_descriptor())
        guard let name = descriptor.name.map({ String(cString: $0) }), !name.isEmpty else { throw fail("does not say its name") }
        let model: PluginInfo.ThreadModel
        switch Int32(bitPattern: descriptor.thread_model) {
        case KCM_THREADS_SERIALIZED: model = .serialized
        case KCM_THREADS_ONE_WRITER: model = .oneWriter
        case KCM_THREADS_PARALLEL: model = .parallel
        default: throw fail("declares thread model \(descriptor.thread_model), which is not known")
        }
        let text = { (pointer: UnsafePointer<CChar>?) in pointer.map { String(cString: $0) } ?? "" }
        info = PluginInfo(
            name: name,
            version: text(descriptor.version),
            vendor: text(descriptor.vendor),
            summary: text(descriptor.description),
            abi: "\(descriptor.abi_major).\(descriptor.abi_minor)",
            file: file,
            threadModel: model,
            isStore: descriptor.capabilities & KCM_CAP_STORE != 0,
            isRootOfTrust: descriptor.capabilities & KCM_CAP_ROOT != 0,
            isDurable: descriptor.capabilities & KCM_CAP_DURABLE != 0
        )
        guard info.isStore || info.isRootOfTrust else { throw fail("declares neither a store nor a root of trust") }

        if info.isStore {
            guard let pointer = descriptor.store else { throw fail("declares a store and gives no functions for it") }
            let functions = Self.prefix(UnsafeRawPointer(pointer), declared: pointer.pointee.struct_size, of: kcm_store_functions())
            let missing = Self.missing([
                ("open", functions.open != nil), ("close", functions.close != nil), ("limits", functions.limits != nil),
                ("get", functions.get != nil), ("commit", functions.commit != nil), ("scan", functions.scan != nil),
                ("namespaces", functions.namespaces != nil), ("statistics", functions.statistics != nil), ("health", functions.health != nil),
            ])
            guard missing.isEmpty else { throw fail("lacks the store function\(missing.count > 1 ? "s" : "") \(missing.joined(separator: ", "))") }
            store = functions
        } else {
            store = nil
        }
        if info.isRootOfTrust {
            guard let pointer = descriptor.root else { throw fail("declares a root of trust and gives no functions for it") }
            let functions = Self.prefix(UnsafeRawPointer(pointer), declared: pointer.pointee.struct_size, of: kcm_root_functions())
            let missing = Self.missing([
                ("open", functions.open != nil), ("close", functions.close != nil), ("wrap", functions.wrap != nil),
                ("unwrap", functions.unwrap != nil), ("health", functions.health != nil),
            ])
            guard missing.isEmpty else {
                throw fail("lacks the root-of-trust function\(missing.count > 1 ? "s" : "") \(missing.joined(separator: ", "))")
            }
            root = functions
        } else {
            root = nil
        }
    }

    /// Copies as much of a struct as both sides know over zeroes.
    private static func prefix<T>(_ source: UnsafeRawPointer, declared: UInt32, of zero: T) -> T {
        var copy = zero
        withUnsafeMutableBytes(of: &copy) { target in
            target.copyMemory(from: UnsafeRawBufferPointer(start: source, count: min(Int(declared), target.count)))
        }
        return copy
    }

    private static func missing(_ functions: [(String, Bool)]) -> [String] { functions.filter { !$0.1 }.map(\.0) }
}
