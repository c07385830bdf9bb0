/// When one of several connections has to send its requests, so that all together send at a fixed rate, evenly.
///
/// Times are counted from the start, never from the request before: a late one does not move those after it, which is what keeps the
/// time that requests would have waited in the figures (no coordinated omission).
package struct RateSchedule: Sendable {
    /// Requests a second, of all connections.
    package let rate: Double
    private let connections: Int
    private let connection: Int
    private let start: UInt64

    /// - Parameters:
    ///   - rate: requests a second of all connections, above 0.
    ///   - connections: at least 1.
    ///   - connection: which of them, from 0.
    ///   - start: when the first request of the first connection is due, in nanoseconds of any clock.
    package init(rate: Double, connections: Int, connection: Int, start: UInt64) {
        precondition(rate > 0 && (0..<connections).contains(connection), "a rate, and a connection among the connections")
        self.rate = rate
        self.connections = connections
        self.connection = connection
        self.start = start
    }

    /// When this connection's request is due, in nanoseconds of the same clock.
    /// - Parameter request: its number, from 0.
    package func due(_ request: Int) -> UInt64 {
        start + UInt64((Double(request * connections + connection) * 1e9 / rate).rounded(.down))
    }

    /// How many requests of this connection are due before `end`.
    package func count(before end: UInt64) -> Int {
        guard end > start else { return 0 }
        var count = max(Int((Double(end - start) * rate / 1e9 - Double(connection)) / Double(connections)), 0)
        while count > 0, due(count - 1) >= end { count -= 1 }
        while due(count) < end { count += 1 }
        return count
    }
}
