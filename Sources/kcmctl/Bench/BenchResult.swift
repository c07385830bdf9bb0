internal import KMIPClient
internal import NIOCore

/// One operation with one number of connections.
struct BenchResult {
    let load: Bench.Load
    let connections: Int
    /// From the end of the warm-up to the last answer.
    let seconds: Double
    let latencies: LatencyHistogram
    let failures: Int
    let failure: String?
    /// Of this process, user and system, in the same time.
    let clientCPU: Double
    /// Of the process that `--pid` names.
    let serverCPU: Double?

    var throughput: Double { seconds > 0 ? Double(latencies.count) / seconds : 0 }

    static let heading = "operation   conns   requests/s    p50 ms    p99 ms    max ms   client CPU s   server CPU s/1000"

    var line: String {
        func right(_ text: String, _ width: Int) -> String { String(repeating: " ", count: max(width - text.count, 0)) + text }
        func milliseconds(_ nanoseconds: UInt64) -> String { Decimal.text(Double(nanoseconds) / 1e6, digits: 3) }
        let name = load.rawValue + String(repeating: " ", count: max(10 - load.rawValue.count, 0))
        let perThousand = serverCPU.map { latencies.count > 0 ? Decimal.text($0 * 1000 / Double(latencies.count), digits: 4) : "-" } ?? "-"
        let row =
            name + right(String(connections), 7) + right(Decimal.text(throughput, digits: 0), 13) + right(milliseconds(latencies.percentile(0.5)), 10)
            + right(milliseconds(latencies.percentile(0.99)), 10) + right(milliseconds(latencies.maximum), 10) + right(Decimal.text(clientCPU, digits: 2), 15)
            + right(perThousand, 20)
        return failures == 0 ? row : row + "\n  \(failures) failed, the first with: \(failure ?? "")"
    }

    var json: JSONText {
        func microseconds(_ nanoseconds: UInt64) -> JSONText { .decimal(Double(nanoseconds) / 1e3) }
        var fields: [(String, JSONText)] = [
            ("operation", .string(load.rawValue)), ("connections", .number(Int64(connections))), ("requests", .number(Int64(latencies.count))),
            ("failures", .number(Int64(failures))), ("seconds", .decimal(seconds)), ("throughput", .decimal(throughput)),
            ("p50_us", microseconds(latencies.percentile(0.5))), ("p99_us", microseconds(latencies.percentile(0.99))),
            ("max_us", microseconds(latencies.maximum)), ("client_cpu_seconds", .decimal(clientCPU)),
        ]
        if let serverCPU { fields.append(("server_cpu_seconds", .decimal(serverCPU))) }
        if let failure { fields.append(("failure", .string(failure))) }
        return .object(fields)
    }
}

extension BenchResult {
    /// Runs one load on some connections: a second of warm-up, then the window that counts.
    /// - Returns: the result, and the objects that were made.
    static func measure(
        _ load: Bench.Load,
        _ frame: ByteBuffer,
        on connections: [KMIPConnection],
        seconds: Int64,
        serverProcess: Int32?
    ) async throws -> (result: BenchResult, identifiers: [String]) {
        let begin = NIODeadline.now() + .seconds(1)
        let plan = ClosedLoop.Plan(frame: frame, begin: begin, end: begin + .seconds(seconds), makesObjects: load == .create)
        let tallies = connections.map { ClosedLoop.run($0, plan) }
        try await Task.sleep(for: .nanoseconds(max((begin - .now()).nanoseconds, 0)))
        let before = (client: ProcessorTime.own, server: serverProcess.flatMap(ProcessorTime.of))
        var latencies = LatencyHistogram()
        var failures = 0
        var failure: String?
        var identifiers: [String] = []
        var last = begin
        for future in tallies {
            let tally = try await future.get()
            latencies.add(tally.latencies)
            failures += tally.failures
            failure = failure ?? tally.failure
            identifiers += tally.identifiers
            last = max(last, tally.lastAnswer)
        }
        let after = (client: ProcessorTime.own, server: serverProcess.flatMap(ProcessorTime.of))
        let result = BenchResult(
            load: load,
            connections: connections.count,
            seconds: Double((last - begin).nanoseconds) / 1e9,
            latencies: latencies,
            failures: failures,
            failure: failure,
            clientCPU: after.client - before.client,
            serverCPU: after.server.flatMap { after in before.server.map { after - $0 } }
        )
        return (result, identifiers)
    }
}
