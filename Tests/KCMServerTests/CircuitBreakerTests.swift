import Testing

@testable import KCMDelegation

/// `#expect` takes no expression that changes what it asks.
private func expect(_ isTrue: Bool, _ comment: Comment? = nil, at location: SourceLocation = #_sourceLocation) {
    #expect(isTrue, comment, sourceLocation: location)
}

/// The states of one Core, by a clock that the test moves.
struct CircuitBreakerTests {
    private func failing(_ times: Int, at now: Int64 = 0) -> CircuitBreaker {
        var breaker = CircuitBreaker()
        for _ in 0..<times {
            expect(breaker.admit(at: now))
            _ = breaker.failed(at: now)
        }
        return breaker
    }

    @Test func opensAfterSoManyFailuresInARow() {
        var breaker = failing(CircuitBreaker.threshold - 1)
        #expect(breaker.state == .closed)
        expect(breaker.failed(at: 7))
        #expect(breaker.state == .open(until: 7 + CircuitBreaker.pause))
        expect(!breaker.admit(at: 7 + CircuitBreaker.pause - 1))
    }

    @Test func anAnswerBetweenFailuresStartsTheCountAgain() {
        var breaker = failing(CircuitBreaker.threshold - 1)
        expect(!breaker.succeeded())
        expect(!breaker.failed(at: 0))
        #expect(breaker.state == .closed)
        #expect(breaker.failures == 1)
    }

    @Test func aRequestThatNeverWentOutIsNoFailure() {
        var breaker = failing(CircuitBreaker.threshold - 1)
        breaker.notAsked(at: 0)
        #expect(breaker.state == .closed && breaker.failures == CircuitBreaker.threshold - 1)
        breaker = failing(CircuitBreaker.threshold)
        breaker.notAsked(at: 0)
        expect(!breaker.admit(at: 1), "an open circuit stays so")
        expect(breaker.admit(at: CircuitBreaker.pause))
        breaker.notAsked(at: CircuitBreaker.pause)
        expect(breaker.admit(at: CircuitBreaker.pause), "the next is the probe")
    }

    @Test func oneProbeAfterThePauseDecides() {
        var breaker = failing(CircuitBreaker.threshold)
        expect(breaker.admit(at: CircuitBreaker.pause))
        #expect(breaker.state == .halfOpen)
        expect(!breaker.admit(at: CircuitBreaker.pause), "one at a time")
        var other = breaker

        expect(breaker.succeeded())
        expect(breaker.state == .closed && breaker.admit(at: CircuitBreaker.pause))

        expect(!other.failed(at: 2 * CircuitBreaker.pause), "it was open before")
        #expect(other.state == .open(until: 3 * CircuitBreaker.pause))
    }

    @Test func aRequestFromBeforeDoesNotProlongThePause() {
        var breaker = failing(CircuitBreaker.threshold)
        expect(!breaker.failed(at: CircuitBreaker.pause / 2))
        expect(breaker.admit(at: CircuitBreaker.pause))
    }
}

/// Which of several Cores is asked.
struct CoreRoutesTests {
    @Test func inTheOrderOfTheConfigurationUntilOneFails() {
        var routes = CoreRoutes(count: 3)
        expect(routes.next(without: [], at: 0) == 0)
        _ = routes.failed(0, at: 0)
        expect(routes.next(without: [0], at: 0) == 1)
        _ = routes.succeeded(1)
        expect(routes.next(without: [], at: 1) == 1, "the one that answered comes first now")
        expect(routes.next(without: [1, 2], at: 1) == 0, "and the one that failed last")
        expect(routes.next(without: [], at: CircuitBreaker.pause) == 0, "until its time is over")
        expect(routes.next(without: [0, 1, 2], at: CircuitBreaker.pause) == nil)
    }

    @Test func eachFailureDoublesTheTimeThatOneComesLast() {
        var routes = CoreRoutes(count: 2)
        for _ in 0..<3 { _ = routes.failed(0, at: 0) }
        expect(routes.next(without: [], at: 4 * CircuitBreaker.pause - 1) == 1)
        expect(routes.next(without: [], at: 4 * CircuitBreaker.pause) == 0)
        for _ in 0..<80 { _ = routes.failed(0, at: 0) }
        expect(routes.next(without: [], at: CircuitBreaker.longestAvoidance - 1) == 1)
        expect(routes.next(without: [], at: CircuitBreaker.longestAvoidance) == 0)
    }

    @Test func noneIsAskedWhileAllCircuitsAreOpen() {
        var routes = CoreRoutes(count: 2)
        for _ in 0..<CircuitBreaker.threshold {
            _ = routes.failed(0, at: 0)
            _ = routes.failed(1, at: 0)
        }
        expect(routes.next(without: [], at: CircuitBreaker.pause - 1) == nil)
        expect(routes.next(without: [], at: CircuitBreaker.pause) == 0)
        expect(routes.next(without: [], at: CircuitBreaker.pause) == 1, "while the first has its probe")
        expect(routes.next(without: [], at: CircuitBreaker.pause) == nil)
    }
}
