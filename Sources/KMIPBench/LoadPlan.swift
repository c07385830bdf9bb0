package import NIOCore

/// When a run warms up, counts and ends; the same for all its connections.
package struct LoadPlan: Sendable {
    /// Requests sent before it warm up and are not counted.
    package let begin: NIODeadline
    /// No request is sent after it.
    package let end: NIODeadline
    /// Whether the answers name new objects, to be remembered.
    package let makesObjects: Bool

    package init(begin: NIODeadline, end: NIODeadline, makesObjects: Bool) {
        self.begin = begin
        self.end = end
        self.makesObjects = makesObjects
    }
}

/// What one connection, or all together, have seen of a run.
package struct LoadTally: Sendable {
    /// From when a request was due to its answer. In a closed loop a request is due when it is sent.
    package var latencies = LatencyHistogram()
    /// By how much this client itself sent too late though the connection was free; fixed rate only.
    package var lateness = LatencyHistogram()
    /// Answers that are no success, and lost connections; warm-up included.
    package var failures = 0
    /// The first of them, in words.
    package var failure: String?
    /// Objects made, warm-up included.
    package var identifiers: [String] = []
    /// Requests that were due before the end and could not be sent by then; fixed rate only.
    package var unsent = 0
    /// When the last answer came that counts.
    package var lastAnswer: NIODeadline

    package init(lastAnswer: NIODeadline) { self.lastAnswer = lastAnswer }

    /// Takes all that another connection has seen.
    package mutating func add(_ other: LoadTally) {
        latencies.add(other.latencies)
        lateness.add(other.lateness)
        failures += other.failures
        failure = failure ?? other.failure
        identifiers += other.identifiers
        unsent += other.unsent
        lastAnswer = max(lastAnswer, other.lastAnswer)
    }
}
