import KCMServer
import KMIPClient
import NIOCore
import Synchronization
import Testing

/// Health, readiness and metrics.
@Suite struct AdminListenerTests {
    private final class Source: AdminSource {
        let reasons = Mutex<[String]>([])
        func reasonsNotReady() async -> [String] { reasons.withLock { $0 } }
        func metrics() -> String { "# TYPE kcm_connections gauge\nkcm_connections 3\n" }
    }

    @Test func theAdminPortTellsHowTheDaemonIs() async throws {
        try await TestServer.with { server in
            let source = Source()
            let port = try await server.server.listenAdmin(address: "127.0.0.1", port: 0, source: source)
            func get(_ line: String) async throws -> String {
                let client = try await RawClient.connect(port: port, group: server.group)
                try await client.write("\(line) HTTP/1.1\r\nHost: x\r\n\r\n")
                #expect(await client.isClosed())
                return client.text
            }
            #expect(try await get("GET /livez").hasPrefix("HTTP/1.1 200"))
            #expect(try await get("GET /readyz").hasPrefix("HTTP/1.1 200"))
            #expect(try await get("GET /metrics").hasSuffix("kcm_connections 3\n"))
            source.reasons.withLock { $0 = ["keystore: closed"] }
            let notReady = try await get("GET /readyz")
            #expect(notReady.hasPrefix("HTTP/1.1 503") && notReady.contains("keystore: closed"))
            #expect(try await get("GET /").hasPrefix("HTTP/1.1 404"))
            #expect(try await get("POST /livez").hasPrefix("HTTP/1.1 405"))
        }
    }

    private func with(_ limits: ServerLimits, _ body: (TestServer, Int) async throws -> Void) async throws {
        try await TestServer.with(limits: limits) { server in
            try await body(server, try await server.server.listenAdmin(address: "127.0.0.1", port: 0, source: Source()))
        }
    }

    @Test func aHeadThatDripsIsCut() async throws {
        try await with(ServerLimits(message: 4096, handshake: .milliseconds(400))) { server, port in
            let client = try await RawClient.connect(port: port, group: server.group)
            for byte in "GET /livez HTTP/1.1\r\nX: ".utf8 {
                // On a busy machine the cut comes before the last byte.
                try? await client.write(ByteBuffer(bytes: [byte]))
                try await Task.sleep(for: .milliseconds(30))
            }
            #expect(await client.isClosed())
            #expect(client.text.isEmpty)
            let idle = try await RawClient.connect(port: port, group: server.group)
            #expect(await idle.isClosed())
        }
    }

    @Test func connectionsAreBoundedAndThoseOfKMIPAreNotTouched() async throws {
        try await with(ServerLimits(message: 4096, adminConnections: 2)) { server, port in
            let held = [try await RawClient.connect(port: port, group: server.group), try await RawClient.connect(port: port, group: server.group)]
            #expect(await eventually { server.server.adminConnectionCount == 2 })
            let refused = try await RawClient.connect(port: port, group: server.group)
            #expect(await refused.isClosed())
            #expect(server.server.refusedConnections.first { $0.reason == "admin" }?.count == 1)
            let connection = try await server.connect(try server.pki.client())
            #expect(try await connection.send(Frames.request()) == Frames.response())
            await connection.close()
            for client in held { await client.close() }
            #expect(await eventually { server.server.adminConnectionCount == 0 })
        }
    }

    @Test func whatIsTooLargeIsNotTaken() async throws {
        try await with(ServerLimits(message: 4096)) { server, port in
            let head = try await RawClient.connect(port: port, group: server.group)
            try? await head.write("GET /livez HTTP/1.1\r\n" + (0..<20).map { "X\($0): \(String(repeating: "x", count: 8_000))\r\n" }.joined())
            #expect(await head.isClosed())
            let body = try await RawClient.connect(port: port, group: server.group)
            try? await body.write("POST /reseal HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n" + String(repeating: "x", count: 100_000))
            #expect(await body.isClosed())
            #expect(body.text.hasPrefix("HTTP/1.1 413") || body.text.isEmpty)
        }
    }

    @Test func aPipelineGetsOneAnswer() async throws {
        try await with(ServerLimits(message: 4096)) { server, port in
            let client = try await RawClient.connect(port: port, group: server.group)
            try? await client.write(String(repeating: "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n", count: 5_000))
            #expect(await client.isClosed())
            #expect(client.text.ranges(of: "HTTP/1.1 200").count == 1)
        }
    }
}
