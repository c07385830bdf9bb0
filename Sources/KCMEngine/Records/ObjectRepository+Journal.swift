public import KCMStore

extension ObjectRepository {
    /// What a commit makes, changes or destroys, in order, each once: objects by their Unique Identifiers.
    public static func objects(changedBy writes: [StoreWrite]) -> [String] {
        var found: [String] = []
        for write in writes where write.value != nil {
            guard let (identifier, _) = RecordKey.parse(write.key), found.last != identifier, !found.contains(identifier) else { continue }
            found.append(identifier)
        }
        return found
    }

    /// The tenant's own keys that a commit makes, which are no KMIP objects: L2 keys at Core, sealing keys at Edge. By their place in the
    /// store, such as `t/seal/1`.
    public static func tenantKeys(madeBy writes: [StoreWrite]) -> [String] {
        writes.filter { $0.value != nil && $0.key.starts(with: RecordKey.tenantKeys) }.map { String(decoding: $0.key, as: UTF8.self) }
    }
}
