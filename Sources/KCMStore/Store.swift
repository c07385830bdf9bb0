/// The port between the key engine and whatever keeps its records.
///
/// A store is an ordered map of byte keys to byte values, one map per namespace. It sees sealed values and blinded keys only.
/// Every function may be called from any task, concurrently; none blocks the caller's thread.
public protocol Store: Sendable {
    /// Limits that the store declared when it was opened.
    var limits: StoreLimits { get }

    /// Reads one entry.
    /// - Returns: the value and its revision, or `nil` where the key is not there.
    /// - Throws: `StoreError`.
    func get(_ key: [UInt8], in namespace: Namespace) async throws -> StoredValue?

    /// Applies all writes or none, and returns once they are durable.
    ///
    /// Concurrent commits may be grouped into one transaction of the medium; each still succeeds or fails by itself.
    /// A key's revision is 1 when it is created and grows by exactly 1 with each put.
    /// - Throws: `StoreError` with code `.conflict` where an expectation did not hold: then nothing was changed.
    func commit(_ writes: [StoreWrite], in namespace: Namespace) async throws

    /// Lists entries whose key starts with `prefix`, in ascending byte order.
    /// - Parameters:
    ///   - after: the last key of the page before, or `nil` for the first page.
    ///   - limit: the most entries to return, at least 1.
    /// - Returns: the entries; fewer than `limit` means that the end was reached.
    func scan(prefix: [UInt8], after: [UInt8]?, limit: Int, in namespace: Namespace) async throws -> [StoredEntry]

    /// The namespaces that hold at least one entry, in ascending order.
    func namespaces() async throws -> [Namespace]

    /// Counts and sizes, for operators.
    func statistics() async throws -> StoreStatistics

    /// Throws where the store cannot serve now.
    func checkHealth() async throws

    /// Waits for what is under way, then closes. No other function may be called afterwards.
    func close() async
}

/// Keeps tenants apart inside a store: one namespace a tenant. 1 to 128 bytes of UTF-8.
public struct Namespace: Hashable, Comparable, Sendable {
    public let name: String
    public init(_ name: String) { self.name = name }
    public static func < (lhs: Namespace, rhs: Namespace) -> Bool { lhs.name < rhs.name }
}

/// A value as read, with the revision that a conditional write can name.
public struct StoredValue: Sendable {
    public let value: [UInt8]
    public let revision: UInt64
    public init(value: [UInt8], revision: UInt64) {
        self.value = value
        self.revision = revision
    }
}

/// One row of a scan.
public struct StoredEntry: Sendable {
    public let key: [UInt8]
    public let value: [UInt8]
    public let revision: UInt64
    public init(key: [UInt8], value: [UInt8], revision: UInt64) {
        self.key = key
        self.value = value
        self.revision = revision
    }
}

/// One write of an atomic commit.
public struct StoreWrite: Sendable {
    /// What must be true of the key before the write.
    public enum Expectation: Hashable, Sendable {
        /// Whatever is there.
        case any
        /// The key is not there (create only).
        case absent
        /// The key is there with exactly this revision.
        case revision(UInt64)
    }
    public let key: [UInt8]
    /// The new value; `nil` removes the key. Removing an absent key under `.any` is not an error.
    public let value: [UInt8]?
    public let expectation: Expectation
    /// The revision of a key that ``restore(_:_:revision:)`` creates; `nil` for any other write.
    public let restored: UInt64?

    private init(key: [UInt8], value: [UInt8]?, expectation: Expectation, restored: UInt64? = nil) {
        self.key = key
        self.value = value
        self.expectation = expectation
        self.restored = restored
    }

    /// Creates a key that is not there with the revision that it had in another store, 1 to 2^63-1. Records name their revision, so a
    /// copy has to keep it.
    public static func restore(_ key: [UInt8], _ value: [UInt8], revision: UInt64) -> StoreWrite {
        StoreWrite(key: key, value: value, expectation: .absent, restored: revision)
    }

    public static func put(_ key: [UInt8], _ value: [UInt8], expecting expectation: Expectation = .any) -> StoreWrite {
        StoreWrite(key: key, value: value, expectation: expectation)
    }
    public static func remove(_ key: [UInt8], expecting expectation: Expectation = .any) -> StoreWrite {
        StoreWrite(key: key, value: nil, expectation: expectation)
    }
}

/// What a store said it can hold. Sizes in bytes.
public struct StoreLimits: Sendable {
    public let maximumKeySize: Int
    public let maximumValueSize: Int
    /// The most writes in one commit.
    public let maximumBatch: Int
    public init(maximumKeySize: Int, maximumValueSize: Int, maximumBatch: Int) {
        self.maximumKeySize = maximumKeySize
        self.maximumValueSize = maximumValueSize
        self.maximumBatch = maximumBatch
    }
}

/// Counts and sizes of a store, for operators.
public struct StoreStatistics: Sendable {
    public let namespaces: UInt64
    public let entries: UInt64
    /// Bytes that the entries take on the medium, as far as the store knows.
    public let bytes: UInt64
    public init(namespaces: UInt64, entries: UInt64, bytes: UInt64) {
        self.namespaces = namespaces
        self.entries = entries
        self.bytes = bytes
    }
}
