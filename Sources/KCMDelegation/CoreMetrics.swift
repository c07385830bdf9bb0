/// What has become of the requests to Core.
struct CoreMetrics: Sendable {
    /// By outcome: `answered`, or the name of the kind of failure.
    private var outcomes: [String: Int] = [:]
    /// Requests sent again on a new connection, because the old one had closed.
    private(set) var repeats = 0

    mutating func count(_ outcome: String) { outcomes[outcome, default: 0] += 1 }
    mutating func countRepeat() { repeats += 1 }

    /// In the text format that scrapers read.
    /// - Parameter cores: each URL with the state of its circuit and the number of its connections.
    func text(_ cores: [(url: String, circuit: CircuitBreaker.State, connections: Int)]) -> String {
        var text = "# TYPE kcm_core_requests_total counter\n"
        for (outcome, count) in outcomes.sorted(by: { $0.key < $1.key }) {
            text += "kcm_core_requests_total{outcome=\"\(outcome)\"} \(count)\n"
        }
        text += "# TYPE kcm_core_repeats_total counter\nkcm_core_repeats_total \(repeats)\n"
        text += "# HELP kcm_core_circuit_state 0 closed, 1 half-open, 2 open\n# TYPE kcm_core_circuit_state gauge\n"
        for core in cores { text += "kcm_core_circuit_state{url=\"\(core.url)\"} \(Self.number(core.circuit))\n" }
        text += "# TYPE kcm_core_connections gauge\n"
        for core in cores { text += "kcm_core_connections{url=\"\(core.url)\"} \(core.connections)\n" }
        return text
    }

    private static func number(_ state: CircuitBreaker.State) -> Int {
        switch state {
        case .closed: 0
        case .halfOpen: 1
        case .open: 2
        }
    }
}
