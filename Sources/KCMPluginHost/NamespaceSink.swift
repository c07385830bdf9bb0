internal import CKCMPlugin
internal import KCMStore

/// Takes namespaces, within a call.
final class NamespaceSink {
    private var last: [UInt8] = []
    private var names: [Namespace] = []
    private var fault: String?

    static let function: kcm_namespace_sink = { context, name in
        guard let context else { return 1 }
        let sink = Unmanaged<NamespaceSink>.fromOpaque(context).takeUnretainedValue()
        sink.fault = sink.fault ?? sink.take(name)
        return sink.fault == nil ? 0 : 1
    }

    /// - Returns: what is wrong with the name.
    private func take(_ name: kcm_bytes) -> String? {
        guard name.size <= UInt64(Namespace.maximumSize), let bytes = [UInt8](name), let text = String(validating: bytes, as: UTF8.self),
            !bytes.isEmpty
        else { return "a namespace that is not 1 to \(Namespace.maximumSize) bytes of UTF-8" }
        guard last.precedes(bytes) else { return "namespaces out of order" }
        last = bytes
        names.append(Namespace(text))
        return nil
    }

    func result(plugin: String) throws -> [Namespace] {
        if let fault { throw StoreError(.failed, "plugin \(plugin): namespaces handed over \(fault)") }
        return names
    }
}
