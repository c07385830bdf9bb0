public import KCMStore

extension ObjectRepository {
    /// The Unique Identifiers of the objects that a commit makes, changes or destroys, in order, each once.
    public static func objects(changedBy writes: [StoreWrite]) -> [String] {
        var found: [String] = []
        for write in writes where write.value != nil {
            guard let (identifier, _) = RecordKey.parse(write.key), found.last != identifier, !found.contains(identifier) else { continue }
            found.append(identifier)
        }
        return found
    }
}
