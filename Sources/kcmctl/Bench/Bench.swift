internal import ArgumentParser
internal import KMIP
internal import KMIPClient
internal import NIOPosix

/// `kcmctl bench`
struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Loads a KMIP server and prints throughput and latency per operation.",
        discussion: """
            Each connection sends its next request when the last one is answered (a closed loop). A second of warm-up comes first and does \
            not count. The keys made are destroyed afterwards. Exit code 1 where a request failed.
            """
    )

    /// What is sent.
    enum Load: String, CaseIterable, ExpressibleByArgument {
        case create, get, encrypt, decrypt
    }

    @OptionGroup var server: ServerOptions
    @Option(help: "Numbers of connections, separated by commas; each makes a run.") var connections = "1,16,64"
    @Option(help: "Operations, separated by commas: create, get, encrypt, decrypt.") var operation = "create,get,encrypt,decrypt"
    @Option(help: "How long each run is measured.") var seconds: Int64 = 5
    @Option(help: "Of the plaintext of encrypt and decrypt, in bytes.") var size = 1024
    @Option(help: "Threads of the client.") var threads = 1
    @Option(help: "The server's process on this host, to measure its processor time as well.") var pid: Int32?
    @Flag(help: "Leave the keys that create makes.") var keep = false

    func validate() throws {
        _ = try loads()
        _ = try connectionCounts()
        guard (1...86_400).contains(seconds) else { throw ValidationError("--seconds is between 1 and 86400") }
        guard (0...16 << 20).contains(size) else { throw ValidationError("--size is at most 16 MiB") }
        guard (1...256).contains(threads) else { throw ValidationError("--threads is between 1 and 256") }
    }

    func run() async throws {
        let (loads, counts) = (try loads(), try connectionCounts())
        let (target, configuration, version) = try KmipSession.target(server)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
        do {
            var sessions: [KmipSession] = []
            for _ in 0..<(counts.max() ?? 1) {
                sessions.append(try await KmipSession.connect(target, configuration, version, group: group))
            }
            try await measure(loads, counts, sessions)
        } catch let refused as KmipSession.Refused {
            throw ended(1, "\(refused.item.resultReason?.description ?? "GeneralFailure"): \(refused.item.resultMessage ?? "")")
        } catch let error as KMIPClientError { throw ended(error.kind == .files ? 2 : 3, "\(error)") } catch let error as KMIPError {
            throw ended(3, "the server's answer is not well-formed: \(error)")
        }
    }

    private func measure(_ loads: [Load], _ counts: [Int], _ sessions: [KmipSession]) async throws {
        let key = try await BenchKey.make(sessions[0], size: size)
        var results: [BenchResult] = []
        var made: [String] = []
        if !server.json { Output.say(BenchResult.heading) }
        for load in loads {
            for count in counts {
                if !server.json { Output.hint("\(load.rawValue), \(count) connections, \(seconds + 1) s …") }
                let (result, identifiers) = try await BenchResult.measure(
                    load,
                    key.frame(load),
                    on: sessions.prefix(count).map(\.connection),
                    seconds: seconds,
                    serverProcess: pid
                )
                results.append(result)
                made += identifiers
                if !server.json { Output.say(result.line) }
            }
        }
        var left = keep ? made.count : await BenchKey.destroy(made, sessions)
        if await !BenchKey.destroy(key.identifier, sessions[0]) { left += 1 }
        for session in sessions { await session.connection.close() }
        if server.json {
            let fields: [(String, JSONText)] = [
                ("size", .number(Int64(size))), ("threads", .number(Int64(threads))),
                ("results", .array(results.map(\.json))), ("keys_made", .number(Int64(made.count + 1))), ("keys_left", .number(Int64(left))),
            ]
            Output.say(JSONText.object(fields).text)
        } else {
            Output.say("\(made.count + 1) keys made, \(left) of them left")
        }
        if results.contains(where: { $0.failures > 0 }) { throw ExitCode(1) }
    }

    private func loads() throws -> [Load] {
        let loads = try operation.split(separator: ",").map { word in
            guard let load = Load(rawValue: String(word)) else {
                throw ValidationError("'\(word)' is no operation of bench; there are \(Load.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            return load
        }
        guard !loads.isEmpty else { throw ValidationError("--operation names none") }
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
