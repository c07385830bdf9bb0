internal import Glibc
internal import KMIPBench
internal import KMIPClient
internal import NIOPosix

/// Connections that are open and silent, and what they cost the server in memory.
struct BenchIdle {
    private let connections: [KMIPConnection]
    /// Resident memory of the server's process before and after, in bytes.
    private let memory: (before: Int64, after: Int64)?

    /// Opens `count` connections, some at a time. Raises this process's limit of open files where it is too low.
    /// - Throws: `KMIPClientError` for the first that cannot be opened.
    static func open(_ count: Int, _ connector: KMIPConnector, _ group: MultiThreadedEventLoopGroup, process: Int32?) async throws -> BenchIdle {
        raiseFileLimit(count + 1000)
        let before = process.flatMap(ProcessTimes.memory)
        var connections: [KMIPConnection] = []
        connections.reserveCapacity(count)
        while connections.count < count {
            let few = min(32, count - connections.count)
            try await withThrowingTaskGroup(of: KMIPConnection.self) { tasks in
                for _ in 0..<few { tasks.addTask { try await connector.connect(group: group) } }
                for try await connection in tasks { connections.append(connection) }
            }
        }
        // The server may still be busy with the last handshakes.
        try await Task.sleep(for: .seconds(1))
        let after = process.flatMap(ProcessTimes.memory)
        return BenchIdle(connections: connections, memory: before.flatMap { before in after.map { (before, $0) } })
    }

    func close() async {
        for connection in connections { await connection.close() }
    }

    private var bytesEach: Int64? { memory.map { ($0.after - $0.before) / Int64(max(connections.count, 1)) } }

    var line: String {
        let each = bytesEach.map { ", \(Decimal.text(Double(max($0, 0)) / 1024, digits: 1)) KiB each" }
        return "\(connections.count) idle connections" + (each ?? "")
    }

    var fields: [(String, JSONText)] {
        var fields: [(String, JSONText)] = [("idle_connections", .number(Int64(connections.count)))]
        if let memory, let bytesEach {
            fields += [
                ("server_memory_before", .number(memory.before)), ("server_memory_after", .number(memory.after)),
                ("bytes_per_idle_connection", .number(bytesEach)),
            ]
        }
        return fields
    }

    private static func raiseFileLimit(_ wanted: Int) {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_cur < rlim_t(wanted) else { return }
        limit.rlim_cur = min(rlim_t(wanted), limit.rlim_max)
        // Where it cannot be raised, connecting says so.
        _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
