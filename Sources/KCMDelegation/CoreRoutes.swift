/// Which of several Cores is asked next: a plain value without I/O. Times are monotonic nanoseconds.
///
/// The order of the configuration holds among those that answered last time; one that failed comes after them for a while, which doubles
/// with each failure.
struct CoreRoutes: Sendable, Equatable {
    /// One for each URL, in the order of the configuration.
    private(set) var breakers: [CircuitBreaker]

    init(count: Int) { breakers = Array(repeating: CircuitBreaker(), count: count) }

    /// The Core to ask; its outcome has to be reported.
    /// - Parameter tried: those that failed for the same request.
    /// - Returns: `nil` where none is left, or the circuits of all that are left are open.
    mutating func next(without tried: Set<Int>, at now: Int64) -> Int? {
        let left = breakers.indices.filter { !tried.contains($0) }
        let order = left.filter { !breakers[$0].isAvoided(at: now) } + left.filter { breakers[$0].isAvoided(at: now) }
        return order.first { breakers[$0].admit(at: now) }
    }

    /// - Returns: whether that closed its circuit.
    mutating func succeeded(_ index: Int) -> Bool { breakers[index].succeeded() }

    mutating func notAsked(_ index: Int, at now: Int64) { breakers[index].notAsked(at: now) }

    /// - Returns: whether that opened its circuit.
    mutating func failed(_ index: Int, at now: Int64) -> Bool { breakers[index].failed(at: now) }
}
