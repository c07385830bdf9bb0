/// Latencies in nanoseconds, in buckets whose width grows with the value, as HdrHistogram has them: 128 to each power of two, so a
/// value that is read back is never too low and less than 1/128 too high. Fixed size, whatever is recorded.
///
/// Its own few lines, since the package of that name brings Foundation into a tool that is shipped without it.
package struct LatencyHistogram: Sendable {
    /// The largest share by which a value that is read back is too high.
    package static let error = 1.0 / Double(linear)

    private static let linearBits = 7
    private static let linear = 1 << linearBits
    /// Longer ones (68 s) share the last bucket; ``maximum`` is exact all the same.
    private static let highestBit = 35

    private var buckets = [UInt64](repeating: 0, count: (Self.highestBit - Self.linearBits + 2) * Self.linear)
    private var sum: UInt64 = 0
    /// How many were recorded.
    package private(set) var count: UInt64 = 0
    /// The longest, exactly; 0 where there is none.
    package private(set) var maximum: UInt64 = 0

    package init() {}

    /// Takes one latency. No allocation.
    package mutating func record(_ nanoseconds: UInt64) {
        buckets[Self.index(nanoseconds)] += 1
        count += 1
        sum &+= nanoseconds
        maximum = max(maximum, nanoseconds)
    }

    /// Takes all that another one has.
    package mutating func add(_ other: LatencyHistogram) {
        for index in buckets.indices { buckets[index] += other.buckets[index] }
        count += other.count
        sum &+= other.sum
        maximum = max(maximum, other.maximum)
    }

    /// The exact mean; 0 where there is none.
    package var mean: UInt64 { count > 0 ? sum / count : 0 }

    /// The value that `share` (0 to 1) of all are at most, at most ``error`` too high; 0 where there are none.
    package func percentile(_ share: Double) -> UInt64 {
        let wanted = max(UInt64((Double(count) * share).rounded(.up)), 1)
        var seen: UInt64 = 0
        for (index, bucket) in buckets.enumerated() {
            seen += bucket
            // The last bucket has no upper bound.
            if seen >= wanted { return index == buckets.count - 1 ? maximum : min(Self.upperBound(index), maximum) }
        }
        return maximum
    }

    private static func index(_ value: UInt64) -> Int {
        guard value >= UInt64(linear) else { return Int(value) }
        let capped = min(value, (1 << UInt64(highestBit + 1)) - 1)
        let shift = 63 - capped.leadingZeroBitCount - linearBits
        return (shift + 1) * linear + Int(capped >> UInt64(shift)) - linear
    }

    private static func upperBound(_ index: Int) -> UInt64 {
        guard index >= linear else { return UInt64(index) }
        let shift = UInt64(index / linear - 1)
        return UInt64(index % linear + linear + 1) << shift - 1
    }
}
