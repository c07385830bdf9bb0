import KMIPBench
import Testing

struct RateScheduleTests {
    @Test func allConnectionsTogetherSendEvenly() {
        let start: UInt64 = 5_000_000_000
        let schedules = (0..<4).map { RateSchedule(rate: 1000, connections: 4, connection: $0, start: start) }
        let times = schedules.flatMap { schedule in (0..<25).map(schedule.due) }.sorted()
        #expect(times == (0..<100).map { start + UInt64($0) * 1_000_000 })
    }

    @Test func doesNotDrift() {
        let schedule = RateSchedule(rate: 3, connections: 1, connection: 0, start: 0)
        // A third of a second is no whole number of nanoseconds; after a million requests nothing has added up.
        #expect(schedule.due(3_000_000) == 1_000_000_000_000_000)
    }

    @Test(arguments: [1.0, 7, 999, 48_211.5], [1, 3, 64])
    func countsWhatIsDueBeforeAnEnd(rate: Double, connections: Int) {
        let end: UInt64 = 2_500_000_000
        let schedules = (0..<connections).map { RateSchedule(rate: rate, connections: connections, connection: $0, start: 500_000_000) }
        for schedule in schedules {
            let count = schedule.count(before: end)
            #expect(count == 0 || schedule.due(count - 1) < end)
            #expect(schedule.due(count) >= end)
        }
        #expect(schedules.map { $0.count(before: end) }.reduce(0, +) == Int((rate * 2).rounded(.up)))
        #expect(schedules[0].count(before: 0) == 0)
    }
}
