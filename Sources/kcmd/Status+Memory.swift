internal import KCMCrypto
internal import KCMEngine

extension Status {
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
