internal import KMIPBench

/// One operation with one number of connections.
struct BenchResult {
    let load: Bench.Load
    let connections: Int
    /// Requests a second that were due; `nil` for a closed loop.
    let rate: Double?
    /// From the end of the warm-up to the last answer.
    let seconds: Double
    let latencies: LatencyHistogram
    /// By how much the client itself was late; fixed rate only.
    let lateness: LatencyHistogram
    let failures: Int
    let failure: String?
    /// Due, and not sent by the end; fixed rate only.
    let unsent: Int
    /// Of this process, user and system, in the same time.
    let clientCPU: Double
    /// Of the process that `--pid` names.
    let serverCPU: Double?

    var throughput: Double { seconds > 0 ? Double(latencies.count) / seconds : 0 }

    private func perThousand(_ seconds: Double) -> Double { latencies.count > 0 ? seconds * 1000 / Double(latencies.count) : 0 }

    private static let columns: [(title: String, width: Int)] = [
        ("conns", 7), ("loop", 9), ("requests/s", 12), ("p50 ms", 9), ("p90 ms", 9), ("p99 ms", 9), ("p99.9 ms", 10), ("max ms", 9),
        ("client CPU", 12), ("server CPU s/1000", 19),
    ]

    static let heading = "operation         " + columns.map { right($0.title, $0.width) }.joined()

    private static func right(_ text: String, _ width: Int) -> String { String(repeating: " ", count: max(width - text.count, 0)) + text }

    var line: String {
        func milliseconds(_ nanoseconds: UInt64) -> String { Decimal.text(Double(nanoseconds) / 1e6, digits: 3) }
        let cells = [
            String(connections), rate == nil ? "closed" : "fixed", Decimal.text(throughput, digits: 0), milliseconds(latencies.percentile(0.5)),
            milliseconds(latencies.percentile(0.9)), milliseconds(latencies.percentile(0.99)), milliseconds(latencies.percentile(0.999)),
            milliseconds(latencies.maximum), seconds > 0 ? Decimal.text(100 * clientCPU / seconds, digits: 0) + " %" : "-",
            serverCPU.map { Decimal.text(perThousand($0), digits: 4) } ?? "-",
        ]
        var row = load.rawValue + String(repeating: " ", count: max(18 - load.rawValue.count, 0))
        row += zip(cells, Self.columns).map { Self.right($0, $1.width) }.joined()
        if let rate, unsent > 0 { row += "\n  behind: \(unsent) of the requests due at \(Decimal.text(rate, digits: 0))/s were not sent by the end" }
        if failures > 0 { row += "\n  \(failures) failed, the first with: \(failure ?? "")" }
        return row
    }

    var json: JSONText {
        func microseconds(_ nanoseconds: UInt64) -> JSONText { .decimal(Double(nanoseconds) / 1e3) }
        var fields: [(String, JSONText)] = [
            ("operation", .string(load.rawValue)), ("connections", .number(Int64(connections))),
            ("loop", .string(rate == nil ? "closed" : "fixed")), ("requests", .number(Int64(latencies.count))),
            ("failures", .number(Int64(failures))), ("seconds", .decimal(seconds)), ("throughput", .decimal(throughput)),
            ("mean_us", microseconds(latencies.mean)), ("p50_us", microseconds(latencies.percentile(0.5))),
            ("p90_us", microseconds(latencies.percentile(0.9))), ("p99_us", microseconds(latencies.percentile(0.99))),
            ("p999_us", microseconds(latencies.percentile(0.999))), ("max_us", microseconds(latencies.maximum)),
            ("client_cpu_seconds", .decimal(clientCPU)), ("client_cpu_per_1000", .decimal(perThousand(clientCPU))),
        ]
        if let rate {
            fields += [("rate", .decimal(rate)), ("unsent", .number(Int64(unsent))), ("client_late_p99_us", microseconds(lateness.percentile(0.99)))]
        }
        if let serverCPU { fields += [("server_cpu_seconds", .decimal(serverCPU)), ("server_cpu_per_1000", .decimal(perThousand(serverCPU)))] }
        if let failure { fields.append(("failure", .string(failure))) }
        return .object(fields)
    }
}
