/// Of something that may happen time and again: whether to tell of it, or to count it. A plain value, without clock.
///
/// The first is told of; those that follow are counted, until an interval has passed without any.
public struct Repetition: Sendable, Equatable {
    private var isTold = false
    private var hasHappened = false
    private var untold = 0

    public init() {}

    /// It has happened.
    /// - Returns: whether to tell of it now.
    public mutating func note() -> Bool {
        hasHappened = true
        guard isTold else {
            isTold = true
            return true
        }
        untold += 1
        return false
    }

    /// Ends the interval.
    /// - Returns: how often it happened in it without being told of.
    public mutating func take() -> Int {
        defer { (isTold, hasHappened, untold) = (hasHappened, false, 0) }
        return untold
    }
}
