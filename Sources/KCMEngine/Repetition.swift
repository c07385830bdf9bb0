/// Of something that may happen time and again: whether to tell of it, or to count it. A plain value, without clock.
///
/// The first is told of, or so many as are asked for; those that follow are counted, until an interval has passed without any.
public struct Repetition: Sendable, Equatable {
    private let first: Int
    private var told = 0
    private var hasHappened = false
    private var untold = 0

    /// - Parameter first: so many are told of.
    public init(first: Int = 1) { self.first = first }

    /// It has happened.
    /// - Returns: whether to tell of it now.
    public mutating func note() -> Bool {
        hasHappened = true
        guard told >= first else {
            told += 1
            return true
        }
        untold += 1
        return false
    }

    /// Ends the interval.
    /// - Returns: how often it happened in it without being told of.
    public mutating func take() -> Int {
        defer { (told, hasHappened, untold) = (hasHappened ? told : 0, false, 0) }
        return untold
    }
}
