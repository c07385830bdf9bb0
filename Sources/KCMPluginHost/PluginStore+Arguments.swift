internal import KCMStore

/// What the contract promises a plugin about its arguments is kept here, so that no plugin has to defend itself.
extension PluginStore {
    func check(_ namespace: Namespace) throws {
        guard (1...Namespace.maximumSize).contains(namespace.name.utf8.count) else {
            throw StoreError(.invalid, "plugin \(info.name): a namespace is 1 to \(Namespace.maximumSize) bytes long")
        }
    }

    func check(_ writes: [StoreWrite]) throws {
        guard writes.count <= limits.maximumBatch else {
            throw StoreError(.tooLarge, "plugin \(info.name): \(writes.count) writes are more than the \(limits.maximumBatch) of a batch")
        }
        for write in writes where write.key.count > limits.maximumKeySize || (write.value?.count ?? 0) > limits.maximumValueSize {
            throw StoreError(.tooLarge, "plugin \(info.name): a key or value is over the store's limits")
        }
        for write in writes {
            guard let revision = write.restored, !(1...UInt64(Int64.max)).contains(revision) else { continue }
            throw StoreError(.invalid, "plugin \(info.name): \(revision) is no revision to restore; it is 1 to 2^63-1")
        }
        guard Self.haveDistinctKeys(writes) else { throw StoreError(.invalid, "plugin \(info.name): two writes of one commit have the same key") }
    }

    private static func haveDistinctKeys(_ writes: [StoreWrite]) -> Bool {
        // The usual commit has a handful of writes: comparing them costs less than hashing.
        guard writes.count <= 16 else { return Set(writes.map(\.key)).count == writes.count }
        for (index, write) in writes.enumerated() where writes[..<index].contains(where: { $0.key == write.key }) { return false }
        return true
    }
}

extension Namespace {
    /// Bytes of UTF-8.
    static let maximumSize = 128
}
