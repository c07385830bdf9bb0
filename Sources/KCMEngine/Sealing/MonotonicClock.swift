internal import Glibc

/// Time that never jumps: for leases, deadlines and durations.
public enum MonotonicClock {
    /// Nanoseconds since an arbitrary start.
    public static var now: Int64 { read(CLOCK_MONOTONIC) }

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}

/// Time of day: for dates in attributes, headers and records.
public enum WallClock {
    /// Nanoseconds since 1970 UTC.
    public static var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
