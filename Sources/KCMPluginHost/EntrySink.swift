internal import CKCMPlugin
internal import KCMStore

/// Takes the entries of a scan, within a call. Order and prefix are checked, since whoever pages relies on both to come to an end.
final class EntrySink {
    private let prefix: [UInt8]
    private let limit: Int
    private let limits: StoreLimits
    private var last: [UInt8]?
    private var entries: [StoredEntry] = []
    private var fault: String?

    init(prefix: [UInt8], after: [UInt8]?, limit: Int, limits: StoreLimits) {
        self.prefix = prefix
        last = after
        self.limit = limit
        self.limits = limits
    }

    static let function: kcm_entry_sink = { context, key, value, revision in
        guard let context else { return 1 }
        let sink = Unmanaged<EntrySink>.fromOpaque(context).takeUnretainedValue()
        sink.fault = sink.fault ?? sink.take(key, value, revision)
        return sink.fault == nil ? 0 : 1
    }

    /// - Returns: what is wrong with the entry.
    private func take(_ key: kcm_bytes, _ value: kcm_bytes, _ revision: UInt64) -> String? {
        guard entries.count < limit else { return "more entries than the limit of \(limit)" }
        guard key.size <= UInt64(limits.maximumKeySize), value.size <= UInt64(limits.maximumValueSize) else {
            return "an entry over its declared limits"
        }
        guard let key = [UInt8](key), let value = [UInt8](value) else { return "an entry without data" }
        guard revision > 0 else { return "revision 0, which no entry has" }
        guard key.starts(with: prefix) else { return "an entry outside of the prefix" }
        if let last, !last.precedes(key) { return "entries out of order" }
        last = key
        entries.append(StoredEntry(key: key, value: value, revision: revision))
        return nil
    }

    func result(plugin: String) throws -> [StoredEntry] {
        if let fault { throw StoreError(.failed, "plugin \(plugin): scan handed over \(fault)") }
        return entries
    }
}
