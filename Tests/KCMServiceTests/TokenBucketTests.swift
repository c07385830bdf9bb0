import KCMService
import Testing

@Suite struct TokenBucketTests {
    private static let second: Int64 = 1_000_000_000

    /// Lets expectations call what changes the value.
    private final class Bucket {
        private var bucket: TokenBucket
        init(rate: Int, burst: Int) { bucket = TokenBucket(rate: rate, burst: burst) }
        func take(_ cost: Int = 1, now: Int64) -> Bool { bucket.take(cost, now: now) }
    }

    @Test func aFullOneGivesItsBurstAndThenItsRate() {
        let bucket = Bucket(rate: 10, burst: 5)
        let start: Int64 = 77
        #expect((0..<8).map { _ in bucket.take(now: start) } == [true, true, true, true, true, false, false, false])
        #expect(!bucket.take(now: start + Self.second / 10 - 1))
        #expect(bucket.take(now: start + Self.second / 10))
        #expect(!bucket.take(now: start + Self.second / 10))
    }

    @Test func aRestGivesNoMoreThanTheBurst() {
        let bucket = Bucket(rate: 10, burst: 3)
        #expect((0..<10).count { _ in bucket.take(now: 0) } == 3)
        #expect((0..<10).count { _ in bucket.take(now: 1_000 * Self.second) } == 3)
    }

    @Test func overTimeTheRateHolds() {
        let bucket = Bucket(rate: 250, burst: 20)
        // 10,000 asks a second for ten seconds.
        let taken = (0..<100_000).count { bucket.take(now: Int64($0) * Self.second / 10_000) }
        #expect((2_500...2_525).contains(taken), "\(taken)")
    }

    @Test func aLargeOneIsLetThroughAndOwed() {
        let bucket = Bucket(rate: 10, burst: 1)
        #expect(bucket.take(100, now: 0))
        #expect(!bucket.take(now: 9 * Self.second))
        #expect(bucket.take(now: 10 * Self.second))
    }

    @Test func extremesDoNotOverflow() {
        let bucket = Bucket(rate: 1, burst: .max)
        #expect(bucket.take(1_000_000_000, now: .max / 4))
        let fast = Bucket(rate: .max, burst: 0)
        #expect(fast.take(now: 1) && fast.take(now: 2) && !fast.take(now: 2))
    }
}
