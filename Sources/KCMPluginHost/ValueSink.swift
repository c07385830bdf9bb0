internal import CKCMPlugin
internal import KCMStore

/// Takes one value from a plugin, within a call.
final class ValueSink {
    private let limit: Int
    private var bytes: [UInt8]?
    private var fault: String?
    private(set) var calls = 0
    private(set) var revision: UInt64 = 0

    init(limit: Int) { self.limit = limit }

    static let function: kcm_value_sink = { context, value, revision in
        guard let context else { return }
        Unmanaged<ValueSink>.fromOpaque(context).takeUnretainedValue().take(value, revision)
    }

    private func take(_ value: kcm_bytes, _ revision: UInt64) {
        calls += 1
        if calls > 1 { return fault = "\(calls) values" }
        guard value.size <= UInt64(limit) else { return fault = "a value over its limit of \(limit) bytes" }
        guard let copy = [UInt8](value) else { return fault = "a value without data" }
        guard revision > 0 else { return fault = "revision 0, which no entry has" }
        bytes = copy
        self.revision = revision
    }

    /// The value, where the plugin kept to the contract.
    func value(plugin: String, of what: String) throws -> [UInt8] {
        if let fault { throw StoreError(.failed, "plugin \(plugin): \(what) handed over \(fault)") }
        guard let bytes else { throw StoreError(.failed, "plugin \(plugin): \(what) succeeded without handing over a value") }
        return bytes
    }
}
