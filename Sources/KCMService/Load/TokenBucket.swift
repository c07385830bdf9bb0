/// Lets through so many a second on average and so many at once. A plain value; the caller brings the time.
///
/// Kept as the moment at which all that was taken is paid for (the generic cell rate algorithm): one number, whole nanoseconds, nothing
/// to refill.
public struct TokenBucket: Sendable, Equatable {
    /// Between one and the next at the full rate, in nanoseconds.
    private let interval: Int64
    /// How far ahead of the clock the paid moment may be for one more to be let through, in nanoseconds.
    private let slack: Int64
    private var paidUntil = Int64.min

    /// A full one.
    /// - Parameters:
    ///   - rate: a second, 1 to 1,000,000,000.
    ///   - burst: at once, after a rest; 1 to 1,000,000,000.
    public init(rate: Int, burst: Int) {
        interval = 1_000_000_000 / Int64(min(max(rate, 1), 1_000_000_000))
        slack = Int64(min(max(burst, 1), 1_000_000_000) - 1) * interval
    }

    /// Takes `cost` where at least one is there; what is missing is owed, and nothing is let through until it is paid. So one that is
    /// larger than the burst comes through after a rest, and the average holds all the same.
    /// - Parameter now: nanoseconds of a clock that only goes forward.
    /// - Returns: whether it was let through.
    public mutating func take(_ cost: Int = 1, now: Int64) -> Bool {
        let base = max(paidUntil, now)
        guard base - now <= slack else { return false }
        paidUntil = base + Int64(cost) * interval
        return true
    }
}
