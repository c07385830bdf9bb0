internal import KMIPBench
internal import KMIPClient
internal import NIOCore

/// One load on some connections: a warm-up, then the window that counts.
struct BenchRun {
    let load: Bench.Load
    let requests: [ByteBuffer]
    let connections: [KMIPConnection]
    let seconds: Int64
    /// Requests a second of all connections; `nil` for a closed loop.
    let rate: Double?
    let serverProcess: Int32?

    /// - Returns: the result, and the objects that were made.
    func measure() async throws -> (result: BenchResult, identifiers: [String]) {
        let start = NIODeadline.now() + .milliseconds(20)
        // What uses objects up has only so many of them; the server is warm from making them. What reads each once is there for a cold one.
        let begin = load == .readOnce ? start - .milliseconds(20) : start + (load.usesObjectsUp ? .milliseconds(100) : .seconds(1))
        let plan = LoadPlan(begin: begin, end: begin + .seconds(seconds), makesObjects: load.makesObjects)
        let count = connections.count
        let tallies = connections.enumerated().map { index, connection in
            LoadConnection.run(
                connection,
                plan,
                requests: load.isOnce
                    ? .once(requests, connection: index, of: count) : .around(requests, connection: index, of: count),
                schedule: rate.map { RateSchedule(rate: $0, connections: count, connection: index, start: start.uptimeNanoseconds) }
            )
        }
        try await Task.sleep(for: .nanoseconds(max((begin - .now()).nanoseconds, 0)))
        let before = (client: ProcessTimes.own, server: serverProcess.flatMap(ProcessTimes.processor))
        var tally = LoadTally(lastAnswer: begin)
        for future in tallies { tally.add(try await future.get()) }
        let after = (client: ProcessTimes.own, server: serverProcess.flatMap(ProcessTimes.processor))
        let result = BenchResult(
            load: load,
            connections: count,
            rate: rate,
            seconds: Double((tally.lastAnswer - begin).nanoseconds) / 1e9,
            latencies: tally.latencies,
            lateness: tally.lateness,
            failures: tally.failures,
            failure: tally.failure,
            unsent: tally.unsent,
            clientCPU: after.client - before.client,
            serverCPU: after.server.flatMap { after in before.server.map { after - $0 } }
        )
        return (result, tally.identifiers)
    }
}
