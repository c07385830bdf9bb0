/// Whether one Core is asked: a plain value without I/O. Times are monotonic nanoseconds.
///
/// Closed: it is asked. Open, after ``threshold`` failures in a row: it is not asked until ``pause`` has passed. Half-open: one request is
/// let through as a probe, and its outcome closes the circuit or opens it again.
struct CircuitBreaker: Sendable, Equatable {
    /// So many failures in a row open the circuit.
    static let threshold = 5
    /// How long it stays open before a probe: short, so that a Core that is back is noticed well within a lease.
    static let pause: Int64 = 1_000_000_000
    /// The longest that another URL goes before one that failed.
    static let longestAvoidance: Int64 = 30_000_000_000

    enum State: Sendable, Equatable {
        case closed
        case open(until: Int64)
        /// A probe is under way.
        case halfOpen
    }

    private(set) var state = State.closed
    /// In a row, up to now.
    private(set) var failures = 0
    private var avoidedUntil = Int64.min

    /// Whether a healthier Core is to be asked before this one.
    func isAvoided(at now: Int64) -> Bool { failures > 0 && now < avoidedUntil }

    /// Whether a request may go to this Core now. Where it may, ``succeeded()``, ``failed(at:)`` or ``notAsked(at:)`` has to follow.
    mutating func admit(at now: Int64) -> Bool {
        switch state {
        case .closed: return true
        case .halfOpen: return false
        case .open(let until):
            guard now >= until else { return false }
            state = .halfOpen
            return true
        }
    }

    /// Core answered.
    /// - Returns: whether that closed the circuit.
    mutating func succeeded() -> Bool {
        let hadOpened = state != .closed
        self = CircuitBreaker()
        return hadOpened
    }

    /// The request that was admitted never went out, for reasons on this side: that says nothing of Core. Where it was the probe, the next may be.
    mutating func notAsked(at now: Int64) {
        if state == .halfOpen { state = .open(until: now) }
    }

    /// Core did not answer.
    /// - Returns: whether that opened a circuit that was closed.
    mutating func failed(at now: Int64) -> Bool {
        failures += 1
        let doubled = Self.pause << Int64(min(failures - 1, 8))
        avoidedUntil = now + min(doubled, Self.longestAvoidance)
        switch state {
        case .closed:
            guard failures >= Self.threshold else { return false }
            state = .open(until: now + Self.pause)
            return true
        case .halfOpen:
            state = .open(until: now + Self.pause)
            return false
        // A request that was under way when the circuit opened.
        case .open: return false
        }
    }
}
