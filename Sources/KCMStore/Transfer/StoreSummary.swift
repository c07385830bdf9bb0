/// Number, size and digest of the entries of one namespace.
public struct StoreSummary: Sendable, Equatable {
    /// Entries.
    public internal(set) var entries = 0
    /// Bytes of keys and values.
    public internal(set) var bytes = 0
    /// SHA-256 over every entry in order: sizes, key, revision and value.
    public internal(set) var digest: [UInt8] = []
}
