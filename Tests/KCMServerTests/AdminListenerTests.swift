import KCMServer
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
}
