internal import Glibc
internal import KCMCrypto
internal import KCMEngine

extension Status {
    /// What the kernel says of the process, under the names that all exporters have; nothing where it says nothing.
    static func processText() -> String {
        guard let resident = residentBytes() else { return "" }
        return """
            # TYPE process_resident_memory_bytes gauge
            process_resident_memory_bytes \(resident)

            """
    }

    private static func residentBytes() -> Int? {
        let file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        let text = [UInt8](unsafeUninitializedCapacity: 128) { $1 = max(read(file, $0.baseAddress, $0.count), 0) }
        // Its whole size, then what of it is resident, in pages.
        let fields = text.split(separator: UInt8(ascii: " ")).prefix(2)
        guard fields.count == 2, let pages = fields.last.flatMap({ Int(String(decoding: $0, as: UTF8.self)) }) else { return nil }
        return pages * sysconf(Int32(_SC_PAGESIZE))
    }

    /// The counters of locked memory, and of the cache where there is one yet, in the text format that scrapers read.
    static func text(_ memory: LockedMemory.Statistics, _ cache: CacheStatistics?) -> String {
        var text = """
            # TYPE kcm_locked_memory_bytes gauge
            kcm_locked_memory_bytes \(memory.locked)
            # TYPE kcm_locked_memory_used_bytes gauge
            kcm_locked_memory_used_bytes \(memory.used)
            # TYPE kcm_locked_memory_limit_bytes gauge
            kcm_locked_memory_limit_bytes \(memory.limit.map { "\($0)" } ?? "+Inf")
            # TYPE kcm_locked_memory_shortages_total counter
            kcm_locked_memory_shortages_total \(memory.shortages)

            """
        guard let cache else { return text }
        text += """
            # TYPE kcm_cache_entries gauge
            kcm_cache_entries \(cache.entries)
            # TYPE kcm_cache_entries_limit gauge
            kcm_cache_entries_limit \(cache.limits.entries)
            # TYPE kcm_cache_bytes gauge
            kcm_cache_bytes \(cache.bytes)
            # TYPE kcm_cache_bytes_limit gauge
            kcm_cache_bytes_limit \(cache.limits.bytes)
            # TYPE kcm_cache_hits_total counter
            kcm_cache_hits_total \(cache.hits)
            # TYPE kcm_cache_misses_total counter
            kcm_cache_misses_total \(cache.misses)
            # TYPE kcm_cache_evictions_total counter
            kcm_cache_evictions_total \(cache.evictions)

            """
        return text
    }
}
