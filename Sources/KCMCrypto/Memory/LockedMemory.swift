internal import CKCMShims
internal import Glibc

/// The memory that all keys of the process live in: how much of it there may be, how much there is, and who makes room when it runs out.
public enum LockedMemory {
    /// How things stand, in bytes.
    public struct Statistics: Sendable, Equatable {
        /// Locked, whether in use or not.
        public let locked: Int
        /// In use, in whole blocks.
        public let used: Int
        /// The most that is locked; `nil` where nothing bounds it.
        public let limit: Int?
        /// How often a key found no room since the start, even after all that can be let go was.
        public let shortages: Int
    }

    /// With less, a daemon cannot do its work: the least limit that is taken, in bytes.
    public static let minimum = 1 << 20

    public static var statistics: Statistics { LockedArena.shared.statistics }

    /// Bounds what is locked. To be called once, at start-up, before the first key.
    ///
    /// Raises the soft limit of the system to its hard limit: nothing else in the process locks memory.
    /// - Parameter limit: in bytes; 0 for what the system allows.
    /// - Throws: `CryptoError` `.lockedMemory` where the system allows less than `limit`, or less than ``minimum``.
    public static func bound(to limit: Int) throws(CryptoError) {
        let system = systemLimit()
        let advice = "raise RLIMIT_MEMLOCK (ulimit -l, or LimitMEMLOCK= in the unit)"
        if let system, system < max(limit, minimum) {
            throw CryptoError(
                .lockedMemory,
                limit > system
                    ? "limits.locked_memory is \(limit) bytes, and the system lets this process lock \(system): \(advice), or lower limits.locked_memory"
                    : "the system lets this process lock \(system) bytes of memory, and keys need \(minimum) at least: \(advice)"
            )
        }
        guard limit == 0 || limit >= minimum else {
            throw CryptoError(.lockedMemory, "limits.locked_memory is \(limit) bytes, and keys need \(minimum) at least")
        }
        LockedArena.shared.setLimit(min(limit == 0 ? .max : limit, system ?? .max))
    }

    /// Who is asked before a key is refused for want of memory. Set once, at start-up.
    /// - Parameter reclaim: lets go of keys that take about so many bytes, and says whether there were any. Called on the thread that
    ///   needs the memory, perhaps an event loop's, with no lock of this type held; it must not make a ``SecretBytes`` itself.
    public static func setReclaimer(_ reclaim: @escaping @Sendable (Int) -> Bool) { LockedArena.shared.setReclaimer(reclaim) }

    /// What the system lets the process lock, in bytes, after raising the soft limit as far as it goes; `nil` where there is no limit, or
    /// the process is above it (CAP_IPC_LOCK).
    private static func systemLimit() -> Int? {
        guard kcm_may_lock_any() == 0 else { return nil }
        let which = __rlimit_resource_t(__RLIMIT_MEMLOCK.rawValue)
        var limit = rlimit()
        guard getrlimit(which, &limit) == 0 else { return nil }
        if limit.rlim_cur < limit.rlim_max {
            var raised = rlimit(rlim_cur: limit.rlim_max, rlim_max: limit.rlim_max)
            if setrlimit(which, &raised) == 0 { limit = raised }
        }
        return limit.rlim_cur >= rlim_t(Int.max) ? nil : Int(limit.rlim_cur)
    }
}
