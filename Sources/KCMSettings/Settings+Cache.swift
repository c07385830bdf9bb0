extension Settings {
    /// What is kept of opened objects, so that using one again needs no keystore.
    public struct Cache: Sendable, Equatable {
        /// The most objects.
        public let entries: Int
        /// The most bytes of their values; `nil` for 64 MiB, or half of the locked memory where that is less.
        public let memory: Int?

        public static let `default` = Cache(entries: 100_000, memory: nil)
    }

    static func cache(_ root: Section, _ limits: Limits, _ reader: inout SettingsReader) -> Cache {
        let section = reader.section("cache", in: root, keys: ["entries", "memory"])
        let standard = Cache.default
        let memory =
            reader.isPresent("memory", in: section)
            ? reader.bytes("memory", in: section, default: 64 << 20, range: (64 << 10)...(64 << 30)) : standard.memory
        if let memory, limits.lockedMemory > 0, memory > limits.lockedMemory {
            reader.fail(
                .invalid, reader.text("memory", in: section)?.origin ?? "cache.memory",
                "cache.memory is \(memory) bytes, expected no more than limits.locked_memory, which is \(limits.lockedMemory)"
            )
        }
        return Cache(
            entries: reader.count("entries", in: section, default: standard.entries, range: 1...10_000_000),
            memory: memory
        )
    }
}
