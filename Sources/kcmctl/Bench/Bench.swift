internal import ArgumentParser
internal import KMIP
internal import KMIPBench
internal import KMIPClient
internal import NIOPosix

/// `kcmctl bench`
struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Loads a KMIP server and prints throughput and latency per operation.",
        discussion: """
            Each connection sends its next request when the last one is answered (a closed loop), which finds the highest throughput and \
            hides what waits. With --rate, requests are due at fixed times and their latency counts from then, whether or not the \
            connection was free. A second of warm-up comes first and does not count. activate and destroy use keys that are made for them \
            before, and end with them. The keys made are destroyed afterwards. Exit code 1 where a request failed.
            """
    )

    @OptionGroup var server: ServerOptions
    @Option(help: "Numbers of connections, separated by commas; each makes a run.") var connections = "1,16,64"
    @Option(help: "Operations, separated by commas: \(Load.allCases.map(\.rawValue).joined(separator: ", ")).")
    var operation = "create,get,encrypt,decrypt"
    @Option(help: "How long each run is measured.") var seconds: Int64 = 5
    @Option(help: "Requests a second of all connections; or a share such as 50% of what a closed loop reaches, which then runs before.")
    var rate: BenchRate?
    @Option(help: "Of the plaintext of encrypt and decrypt, and what is signed or hashed, in bytes.") var size = 1024
    @Option(help: "The mode of AES: gcm, cbc.") var cipher = Cipher.gcm
    @Option(help: "Threads of the client.") var threads = 1
    @Option(help: "The server's process on this host, to measure its processor time as well.") var pid: Int32?
    @Option(help: "Makes so many named keys before the runs; get, get-attributes and the kinds of locate then go round them.") var fill = 0
    @Option(help: "A file: with --fill the keys to go round are written to it, without it they are those of an earlier run with --keep.")
    var sample: String?
    @Option(help: "How many keys are made for activate and destroy.") var objects = 20_000
    @Option(help: "Opens so many more connections that stay idle, and tells what the process of --pid needs for one.") var idle = 0
    @Flag(help: "Speak KMIP in POST /kmip over HTTPS; the port is that for HTTPS.") var https = false
    @Flag(help: "Leave the keys that were made.") var keep = false

    func validate() throws {
        _ = try loads()
        _ = try connectionCounts()
        guard (1...86_400).contains(seconds) else { throw ValidationError("--seconds is between 1 and 86400") }
        guard (0...16 << 20).contains(size) else { throw ValidationError("--size is at most 16 MiB") }
        guard (1...256).contains(threads) else { throw ValidationError("--threads is between 1 and 256") }
        guard (0...100_000_000).contains(fill) else { throw ValidationError("--fill is at most 100000000") }
        guard (1...10_000_000).contains(objects) else { throw ValidationError("--objects is between 1 and 10000000") }
        guard (0...60_000).contains(idle) else { throw ValidationError("--idle is at most 60000") }
    }

    func run() async throws {
        let (loads, counts) = (try loads(), try connectionCounts())
        let (target, configuration, version) = try KmipSession.target(server, https: https)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
        do {
            let connector = try KMIPConnector(
                host: target.host,
                port: target.port,
                transport: https ? .https : .tls,
                configuration: configuration
            )
            let idling = idle > 0 ? try await BenchIdle.open(idle, connector, group, process: pid) : nil
            var sessions: [KmipSession] = []
            for _ in 0..<(counts.max() ?? 1) {
                sessions.append(KmipSession(connection: try await connector.connect(group: group), version: version))
            }
            try await measure(loads, counts, sessions, idling)
            await idling?.close()
        } catch let refused as KmipSession.Refused {
            throw ended(1, "\(refused.item.resultReason?.description ?? "GeneralFailure"): \(refused.item.resultMessage ?? "")")
        } catch let error as KMIPClientError { throw ended(error.kind == .files ? 2 : 3, "\(error)") } catch let error as KMIPError {
            throw ended(3, "the server's answer is not well-formed: \(error)")
        } catch let error as Files.Failure { throw ended(2, "\(error)") }
    }

    private func measure(_ loads: [Load], _ counts: [Int], _ sessions: [KmipSession], _ idling: BenchIdle?) async throws {
        var objects = BenchObjects(session: sessions[0], size: size, cipher: cipher, prefix: "bench-\(UInt32.random(in: 1...UInt32.max))")
        var results: [BenchResult] = []
        var made: [String] = []
        var failure: (any Error)?
        var fillTime = Duration.zero
        do {
            let began = ContinuousClock.now
            let (filled, stored) = try await fillStore(objects, sessions)
            fillTime = ContinuousClock.now - began
            made += filled
            try await objects.prepare(loads, stored: stored)
            if !server.json { Output.say(BenchResult.heading) }
            for load in loads {
                for count in counts {
                    for rate in try await rates(load, count, &objects, sessions, &made, &results) {
                        try await measure(load, count, rate: rate, &objects, sessions, &made, &results)
                    }
                }
            }
        } catch { failure = error }
        made += objects.made
        let left = keep ? made.count : await BenchFill.destroy(made, sessions)
        for session in sessions { await session.connection.close() }
        if let failure { throw failure }
        if server.json {
            var fields: [(String, JSONText)] = [
                ("size", .number(Int64(size))), ("threads", .number(Int64(threads))), ("transport", .string(https ? "https" : "ttlv")),
                ("results", .array(results.map(\.json))), ("keys_made", .number(Int64(made.count))), ("keys_left", .number(Int64(left))),
            ]
            if fill > 0 { fields.append(("fill_seconds", .decimal(fillTime / .seconds(1)))) }
            if let idling { fields += idling.fields }
            Output.say(JSONText.object(fields).text)
        } else {
            Output.say("\(made.count) keys made, \(left) of them left" + (idling.map { "\n" + $0.line } ?? ""))
        }
        if results.contains(where: { $0.failures > 0 }) { throw ExitCode(1) }
    }

    /// The rates to run at; for a share, the closed loop that it is a share of runs here.
    private func rates(
        _ load: Load,
        _ count: Int,
        _ objects: inout BenchObjects,
        _ sessions: [KmipSession],
        _ made: inout [String],
        _ results: inout [BenchResult]
    ) async throws -> [Double?] {
        switch rate {
        case nil: return [nil]
        case .fixed(let rate): return [rate]
        case .share(let share):
            try await measure(load, count, rate: nil, &objects, sessions, &made, &results)
            let reached = results.last?.throughput ?? 0
            return reached > 0 ? [reached * share] : []
        }
    }

    private func measure(
        _ load: Load,
        _ count: Int,
        rate: Double?,
        _ objects: inout BenchObjects,
        _ sessions: [KmipSession],
        _ made: inout [String],
        _ results: inout [BenchResult]
    ) async throws {
        if load.usesObjectsUp { try await objects.prepareOnce(load, count: self.objects, sessions) }
        if !server.json { Output.hint("\(load.rawValue), \(count) connections, \(seconds + 1) s …") }
        let run = BenchRun(
            load: load,
            requests: objects.requests(load),
            connections: sessions.prefix(count).map(\.connection),
            seconds: seconds,
            rate: rate,
            serverProcess: pid
        )
        let (result, identifiers) = try await run.measure()
        results.append(result)
        made += identifiers
        if !server.json { Output.say(result.line) }
    }

    /// - Returns: all that were made, and those that the loads use.
    private func fillStore(_ objects: BenchObjects, _ sessions: [KmipSession]) async throws -> (identifiers: [String], sample: BenchSample) {
        guard fill > 0 else { return ([], try sample.map(BenchSample.init(path:)) ?? BenchSample()) }
        let prefix = objects.prefix
        let identifiers = try await BenchFill.make(fill, sessions, progress: ProgressLine()) { number in
            objects.create(name: BenchSample.name(number, prefix), set: BenchSample.set(number, prefix))
        }
        let stored = BenchSample(of: identifiers, prefix: prefix)
        if let sample { try stored.write(to: sample) }
        return (identifiers, stored)
    }

    private func loads() throws -> [Load] {
        let loads = try operation.split(separator: ",").map { word in
            guard let load = Load(rawValue: String(word)) else {
                throw ValidationError("'\(word)' is no operation of bench; there are \(Load.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            return load
        }
        guard !loads.isEmpty || idle > 0 || fill > 0 else { throw ValidationError("--operation names none") }
        return loads
    }

    private func connectionCounts() throws -> [Int] {
        let counts = try connections.split(separator: ",").map { word in
            guard let count = Int(word), (1...10_000).contains(count) else { throw ValidationError("--connections are numbers from 1 to 10000") }
            return count
        }
        guard !counts.isEmpty else { throw ValidationError("--connections names none") }
        return counts
    }
}
