internal import KCMCrypto

/// Goes through a namespace, page by page.
public enum StoreWalk {
    /// Entries read at a time.
    static let page = 256

    /// Counts and digests a namespace. Values stay as sealed as they are.
    /// - Parameter progress: called after each page with the number of entries seen so far.
    /// - Throws: what the store throws.
    public static func summary(
        of namespace: Namespace,
        in store: some Store,
        progress: (Int) -> Void = { _ in }
    ) async throws -> StoreSummary {
        var summary = StoreSummary()
        var context = try SHA256.Context()
        func update(_ number: UInt64) { withUnsafeBytes(of: number.bigEndian) { context.update($0) } }
        var after: [UInt8]?
        while true {
            let entries = try await store.scan(prefix: [], after: after, limit: page, in: namespace)
            for entry in entries {
                update(UInt64(entry.key.count))
                entry.key.withUnsafeBytes { context.update($0) }
                update(entry.revision)
                update(UInt64(entry.value.count))
                entry.value.withUnsafeBytes { context.update($0) }
                summary.entries += 1
                summary.bytes += entry.key.count + entry.value.count
            }
            progress(summary.entries)
            guard entries.count == page, let last = entries.last else { break }
            after = last.key
        }
        summary.digest = context.finish()
        return summary
    }
}
