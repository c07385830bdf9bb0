import KMIPBench
import Testing

struct LatencyHistogramTests {
    @Test func readsBackEveryMagnitudeWithinTheError() {
        var value: UInt64 = 1
        while value < 60_000_000_000 {
            var histogram = LatencyHistogram()
            histogram.record(value)
            histogram.record(100_000_000_000)
            let read = histogram.percentile(0.5)
            #expect(read >= value)
            #expect(Double(read - value) <= Double(value) * LatencyHistogram.error)
            value += max(value / 97, 1)
        }
    }

    @Test func percentilesAgreeWithASortedList() {
        var state: UInt64 = 42
        var histogram = LatencyHistogram()
        var values: [UInt64] = []
        for _ in 0..<50_000 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let value = (state >> 33) % 3_000_000 + 40_000
            values.append(value)
            histogram.record(value)
        }
        values.sort()
        for share in [0.01, 0.5, 0.9, 0.99, 0.999, 1] {
            let exact = Double(values[Int((Double(values.count) * share).rounded(.up)) - 1])
            #expect(Double(histogram.percentile(share)) >= exact)
            #expect(Double(histogram.percentile(share)) <= exact * (1 + LatencyHistogram.error))
        }
        #expect(histogram.maximum == values.last)
        #expect(histogram.mean == values.reduce(0, +) / UInt64(values.count))
    }

    @Test func addingGivesWhatRecordingAllWouldGive() {
        var (one, other, all) = (LatencyHistogram(), LatencyHistogram(), LatencyHistogram())
        for value in stride(from: UInt64(1), to: 2_000_000, by: 991) {
            if value % 2 == 0 { one.record(value) } else { other.record(value) }
            all.record(value)
        }
        one.add(other)
        #expect(one.count == all.count)
        #expect(one.mean == all.mean)
        for share in [0.1, 0.5, 0.99] { #expect(one.percentile(share) == all.percentile(share)) }
    }

    @Test func whatIsLongerThanTheLastBucketKeepsItsMaximum() {
        var histogram = LatencyHistogram()
        histogram.record(200_000_000_000)
        #expect(histogram.percentile(0.5) == 200_000_000_000)
        #expect(LatencyHistogram().percentile(0.5) == 0)
    }
}
