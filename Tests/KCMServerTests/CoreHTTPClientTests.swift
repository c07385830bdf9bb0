import KCMAccess
import KCMCrypto
import KCMDelegation
import KCMEdge
import KCMService
import Logging
import NIOCore
import NIOPosix
import Testing

/// Edge's way to Core, against the real listener.
@Suite(.serialized) struct CoreHTTPClientTests {
    private static let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    private func with<T: Sendable>(
        _ server: TestServer,
        ports: [Int],
        path: String = "/kmip",
        trust: String? = nil,
        revocation: String? = nil,
        identity: TestPKI.Identity? = nil,
        timeout: Duration = patience,
        _ body: (CoreHTTPClient) async throws -> T
    ) async throws -> T {
        let identity = try identity ?? server.pki.client("edge")
        let client = try CoreHTTPClient(
            urls: ports.map { "https://127.0.0.1:\($0)\(path)" },
            files: CoreTrustFiles(
                certificate: identity.certificate,
                key: identity.key,
                trust: trust ?? server.pki.trust,
                revocation: revocation
            ),
            timeout: timeout,
            group: server.group,
            logger: Logger(label: "test")
        )
        do {
            let result = try await body(client)
            await client.close()
            return result
        } catch {
            await client.close()
            throw error
        }
    }

    private func failure(_ client: CoreHTTPClient, _ frame: ByteBuffer = Frames.request()) async -> CoreFailure? {
        do throws(CoreFailure) {
            _ = try await client.send(frame, clientChain: nil, tenant: nil, traceparent: Self.trace)
            return nil
        } catch { return error }
    }

    @Test func theChainAndTheTenantArriveAsTheyLeft() async throws {
        try await TestServer.with { server in
            let below = try server.pki.root.issueAuthority(
                subject: [("CN", "Below")], notBefore: server.pki.now - 60, notAfter: server.pki.now + 3600
            )
            let issued = try server.pki.client("acme-app", by: below).issued
            let chain = ([issued.certificate] + issued.intermediates).map(\.der)
            try await with(server, ports: [server.https]) { client in
                let answer = try await client.send(Frames.request(id: 5), clientChain: chain, tenant: "acme", traceparent: Self.trace)
                #expect(answer == Frames.response(id: 5))
            }
            let exchange = try #require(server.responder.exchanges.first)
            #expect(chain.count == 2)
            #expect(exchange.propagatedChain == chain)
            #expect(exchange.actingTenant == "acme")
            #expect(exchange.traceparent == Self.trace)
            #expect(server.responder.peers.first?.principal?.service == "edge")
        }
    }

    @Test func coreThatIsNotThereIsUnreachableAndTheNextIsAsked() async throws {
        try await TestServer.with { server in
            try await with(server, ports: [1]) { client in
                let error = await failure(client)
                #expect(error?.kind == .unreachable)
                #expect(error?.message.contains("https://127.0.0.1:1/kmip") == true)
            }
            try await with(server, ports: [1, server.https]) { client in #expect(await failure(client) == nil) }
        }
    }

    @Test func coreThatTakesTooLongIsTimedOut() async throws {
        try await TestServer.with { server in
            // The second URL is not asked: the first Core may have done it.
            try await with(server, ports: [server.https, server.https], timeout: .seconds(6)) { client in
                #expect(await failure(client, Frames.request(.held))?.kind == .timedOut)
            }
            #expect(server.responder.exchanges.count == 1)
        }
    }

    @Test func coreOfAnotherAuthorityIsUntrusted() async throws {
        try await TestServer.with { server in
            let other = try TestPKI(name: "Another Root")
            try await with(server, ports: [server.https], trust: other.trust) { client in
                #expect(await failure(client)?.kind == .untrusted)
            }
            #expect(server.responder.exchanges.isEmpty)
        }
    }

    @Test func coreUnderAnotherNameIsUntrusted() async throws {
        // Of the right authority, but for another host.
        try await TestServer.with(addresses: ["DNS:elsewhere.test", "IP:127.0.0.2"]) { server in
            try await with(server, ports: [server.https]) { client in
                let error = await failure(client)
                #expect(error?.kind == .untrusted, "\(String(describing: error))")
            }
            #expect(server.responder.exchanges.isEmpty)
        }
    }

    @Test(arguments: [[CertificatePurpose](), [.client]]) func aCertificateThatIsNotForServersIsNotCores(_ purposes: [CertificatePurpose])
        async throws
    {
        try await TestServer.with { server in
            let core = try await FakeCore(server.pki, ends: [.never], purposes: Set(purposes), group: server.group)
            try await with(server, ports: [core.port]) { client in #expect(await failure(client)?.kind == .untrusted) }
            #expect(core.requests.isEmpty)
            await core.close()
        }
    }

    @Test func anEdgeThatCoreRefusesIsToldSo() async throws {
        try await TestServer.with { server in
            let other = try TestPKI(name: "Another Root")
            let stranger = try other.client("edge")
            defer { withExtendedLifetime(other) {} }
            try await with(server, ports: [server.https], identity: stranger) { client in
                // The reset of the connection may overtake the alert that says why.
                let kind = await failure(client)?.kind
                #expect(kind == .refused || kind == .unreachable)
            }
        }
    }

    @Test func anotherStatusIsABadAnswer() async throws {
        try await TestServer.with { server in
            try await with(server, ports: [server.https], path: "/elsewhere") { client in
                let error = await failure(client)
                #expect(error?.kind == .badAnswer)
                #expect(error?.message.contains("404") == true)
            }
        }
    }
}
