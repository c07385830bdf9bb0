/// How much of opened objects is kept in memory.
public struct CacheLimits: Sendable, Equatable {
    /// The most objects.
    public let entries: Int
    /// The most bytes: of their values, in locked memory, and of what their attributes have beyond the first 2 KiB.
    public let bytes: Int

    /// A larger object is read anew each time: it would drive out too many others.
    var largest: Int { bytes / 64 }

    public init(entries: Int = 100_000, bytes: Int = 64 << 20) {
        self.entries = entries
        self.bytes = bytes
    }
}

/// What the cache of opened objects holds now, and what it has done since the start.
public struct CacheStatistics: Sendable, Equatable {
    public let entries: Int
    /// As ``CacheLimits/bytes`` counts them.
    public let bytes: Int
    public let limits: CacheLimits
    /// Look-ups that found the object.
    public var hits = 0
    /// Objects that had to be read from the store and opened.
    public var misses = 0
    /// Objects that made room for others, or for other uses of locked memory.
    public var evictions = 0

    init(entries: Int, bytes: Int, limits: CacheLimits) {
        self.entries = entries
        self.bytes = bytes
        self.limits = limits
    }
}
