import KCMStore
import NIOCore
import Testing

@testable import KCMPluginHost

/// Which commits make a group, by a clock that the test moves.
@Suite final class CommitLinesTests {
    private typealias Lines = CommitLines<Int>
    private var lines = Lines()
    private let now = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    private func add(_ commits: Range<Int>, _ namespace: Namespace, at now: NIODeadline? = nil) {
        for commit in commits { lines.add(commit, of: namespace, at: now ?? self.now) }
    }

    private func take(_ most: Int, at now: NIODeadline? = nil) -> [Int] { lines.take(most, at: now ?? self.now) }

    @Test func whoIsAloneFillsTheGroup() {
        add(0..<300, .acme)
        #expect(take(256) == Array(0..<256))
        #expect(take(256) == Array(256..<300))
        #expect(lines.isEmpty)
    }

    @Test func severalHaveAShareOfEachGroupInOrder() {
        add(0..<100, .acme)
        add(1000..<1020, .globex)
        #expect(take(256) == Array(0..<16) + Array(1000..<1016))
        #expect(take(256) == Array(16..<32) + Array(1016..<1020))
        // The other is gone, and may be back in a moment: nobody is to wait for a group of eighty.
        #expect(take(256) == Array(32..<48))
        #expect(take(256, at: now + Lines.memory + .nanoseconds(1)) == Array(48..<100))
        #expect(lines.isEmpty)
    }

    @Test func noGroupIsLargerThanItMayBe() {
        for tenant in 0..<40 { add(tenant * 100..<tenant * 100 + 20, Namespace("tenant-\(tenant)")) }
        #expect(lines.count == 800)
        var all: [Int] = []
        while !lines.isEmpty {
            let group = take(256)
            #expect(group.count <= 256 && !group.isEmpty)
            all += group
        }
        let expected: [Int] = (0..<40).flatMap { tenant in Array(tenant * 100..<tenant * 100 + 20) }
        #expect(all.sorted() == expected)
    }

    @Test func allAreTakenAtTheEnd() {
        add(0..<3, .acme)
        add(10..<12, .globex)
        let all = lines.takeAll()
        #expect(all == [0, 1, 2, 10, 11])
        #expect(lines.isEmpty && take(10).isEmpty)
    }
}
