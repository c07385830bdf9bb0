/// How often a plugin was called, and what came of it, since it was opened.
public struct PluginMetrics: Sendable {
    /// What became of a call.
    public enum Outcome: String, Sendable, CaseIterable {
        case ok
        /// The plugin said no, or broke the contract.
        case failed
        /// It did not return within its deadline.
        case timedOut = "timed_out"
        /// It was not made: too many were waiting.
        case refused
    }

    /// One row: a function of the contract and an outcome.
    public struct Row: Sendable, Hashable {
        public let call: String
        public let outcome: Outcome
    }

    /// By function and outcome.
    public internal(set) var calls: [Row: UInt64] = [:]
    /// Batches that were handed over in calls of `commit`: against the number of those calls it tells how well commits share a sync.
    public internal(set) var batches: UInt64 = 0
    /// Calls that are under way or waiting now.
    public internal(set) var waiting = 0
}
