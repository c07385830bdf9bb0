/// The format of the records in a store, as a number that the store itself carries, so that a daemon never writes among records it does
/// not understand.
///
/// It is kept in ``namespace``, beside the tenants' namespaces.
public enum StoreFormat {
    /// What this version writes. Since 2 the engine's index holds every object; a version of before would make objects that it lacks.
    public static let current = 2
    /// The oldest that this version reads. The engine completes the index of such a store as it goes.
    public static let oldest = 1

    /// Holds what is said of the store as a whole. No tenant can have the name: a tenant's has no colon.
    public static let namespace = Namespace("kcm:store")

    static let formatKey = Array("format".utf8)
    /// There while a copy into the store is under way; the value names where it comes from.
    static let copyKey = Array("copy".utf8)

    /// Checks that the store may be used, and puts the format into one that has none or an older one: earlier versions refuse it then.
    /// - Throws: `StoreError` `.unsupported` where the records are of another format, `.unavailable` where a copy into the store was not
    ///   finished, or what the store throws.
    public static func claim(_ store: some Store) async throws {
        if let source = try await copySource(of: store) {
            throw StoreError(
                .unavailable,
                "the keystore holds an unfinished copy of \(source); finish it with: kcmctl keystore copy"
            )
        }
        guard try await read(store) != current else { return }
        try await write(to: store)
    }

    /// The store's format; `nil` where it was never used.
    /// - Throws: `StoreError` `.unsupported` where this version cannot read it, or what the store throws.
    public static func read(_ store: some Store) async throws -> Int? {
        guard let stored = try await store.get(formatKey, in: namespace) else { return nil }
        guard let format = Int(String(decoding: stored.value, as: UTF8.self)), format > 0 else {
            throw StoreError(.corrupt, "the keystore's record of its format is damaged")
        }
        guard (oldest...current).contains(format) else {
            throw StoreError(
                .unsupported,
                "the keystore holds records of format \(format), and this version reads formats \(oldest) to \(current); use the version that wrote them"
            )
        }
        return format
    }

    static func write(to store: some Store) async throws {
        try await store.commit([.put(formatKey, Array(String(current).utf8))], in: namespace)
    }

    /// Where an unfinished copy into this store comes from; `nil` where there is none.
    /// - Throws: what the store throws.
    public static func copySource(of store: some Store) async throws -> String? {
        try await store.get(copyKey, in: namespace).map { String(decoding: $0.value, as: UTF8.self) }
    }
}
