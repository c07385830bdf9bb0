import NIOCore
import Testing

@testable import KCMServer

/// Whose request is taken next, by a clock that the test moves.
@Suite final class TurnOrderTests {
    private typealias Order = TurnOrder<Int>
    private var order = Order()
    private let now = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    private func judge(_ tenant: Order.Tenant, isPipelined: Bool, now: NIODeadline) -> Order.Verdict {
        order.judge(tenant, isPipelined: isPipelined, now: now)
    }

    private func looked(_ now: NIODeadline) -> [Int] { order.looked(at: now) }

    /// Asks for `count` requests that came by themselves; those that have to wait are numbered from 0.
    /// - Returns: how many were taken.
    private func ask(_ tenant: Order.Tenant, _ count: Int, at now: NIODeadline) -> Int {
        var waiting = 0
        for _ in 0..<count where order.judge(tenant, isPipelined: false, now: now) == .wait {
            order.wait(waiting, of: tenant)
            waiting += 1
        }
        return count - waiting
    }

    @Test func whoIsAloneWaitsForNobody() {
        let acme = order.tenant("acme")
        for look in 0..<3 {
            #expect(ask(acme, 1000, at: now + .milliseconds(Int64(look))) == 1000)
            #expect(looked(now).isEmpty)
        }
    }

    @Test func whoAsksForMuchWaitsWhileOthersAsk() {
        let acme = order.tenant("acme"), globex = order.tenant("globex")
        #expect(ask(acme, 1, at: now) == 1)
        #expect(ask(globex, 1, at: now) == 1)
        #expect(ask(acme, 30, at: now) == Order.share)
        #expect(ask(globex, Order.share - 1, at: now) == Order.share - 1, "a share of one's own")
        var taken: [Int] = []
        while !order.isEmpty {
            let next = looked(now)
            #expect(next.count <= Order.share)
            taken += next
            // Who came later does not go before those who wait, and the other tenant is not among them.
            #expect(order.isEmpty || judge(acme, isPipelined: false, now: now) == .wait)
            #expect(judge(globex, isPipelined: false, now: now) != .wait)
        }
        #expect(taken == Array(0..<30 - Order.share))
    }

    @Test func twoWhoWaitTakeTurns() {
        let acme = order.tenant("acme"), globex = order.tenant("globex")
        _ = (ask(acme, 1, at: now), ask(globex, 1, at: now))
        for number in 0..<20 {
            order.wait(number, of: acme)
            order.wait(100 + number, of: globex)
        }
        // Long after they asked: that they wait is enough.
        let later = now + .seconds(5)
        #expect(looked(later) == Array(0..<8) + Array(100..<108))
        #expect(looked(later) == Array(8..<16) + Array(108..<116))
        #expect(looked(later) == Array(16..<20) + Array(116..<120))
        #expect(order.isEmpty)
    }

    @Test func whoHasGoneIsForgotten() {
        let acme = order.tenant("acme"), globex = order.tenant("globex")
        _ = (ask(globex, 1, at: now), ask(acme, 1, at: now))
        #expect(ask(acme, 20, at: now + order.memory) < 20)
        while !order.isEmpty { _ = looked(now + order.memory) }
        #expect(ask(acme, 20, at: now + order.memory + .nanoseconds(1)) == 20)
    }

    @Test func whatIsSentAheadIsBoundedForOneWhoIsAlone() {
        let acme = order.tenant("acme")
        for _ in 0..<Order.pipelined { #expect(judge(acme, isPipelined: true, now: now) == .takeCounted) }
        #expect(judge(acme, isPipelined: true, now: now) == .wait)
        order.wait(1, of: acme)
        #expect(judge(acme, isPipelined: false, now: now) == .take, "another connection of the same tenant")
        #expect(looked(now) == [1])
        #expect(judge(acme, isPipelined: true, now: now) == .takeCounted)
    }

    @Test func aNameIsOneTenant() {
        let acme = order.tenant("acme"), again = order.tenant("acme"), globex = order.tenant("globex")
        #expect(acme === again && acme !== globex)
    }
}
