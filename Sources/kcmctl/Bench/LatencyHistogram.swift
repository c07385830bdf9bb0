/// Latencies in nanoseconds, in buckets whose width grows with the value: 64 to each power of two, so a value that is read back is at
/// most 1/64 too high. Fixed size, whatever is recorded.
struct LatencyHistogram {
    private static let linearBits = 6
    private static let linear = 1 << linearBits
    /// Longer ones (68 s) share the last bucket; ``maximum`` is exact all the same.
    private static let highestBit = 35

    private var buckets = [UInt64](repeating: 0, count: (Self.highestBit - Self.linearBits + 2) * Self.linear)
    private(set) var count: UInt64 = 0
    private(set) var maximum: UInt64 = 0

    mutating func record(_ nanoseconds: UInt64) {
        buckets[Self.index(nanoseconds)] += 1
        count += 1
        maximum = max(maximum, nanoseconds)
    }

    mutating func add(_ other: LatencyHistogram) {
        for index in buckets.indices { buckets[index] += other.buckets[index] }
        count += other.count
        maximum = max(maximum, other.maximum)
    }

    /// The value that `share` (0 to 1) of all are at most; 0 where there are none.
    func percentile(_ share: Double) -> UInt64 {
        let wanted = max(UInt64((Double(count) * share).rounded(.up)), 1)
        var seen: UInt64 = 0
        for (index, bucket) in buckets.enumerated() {
            seen += bucket
            if seen >= wanted { return min(Self.upperBound(index), maximum) }
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
