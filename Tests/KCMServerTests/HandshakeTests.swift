import KCMAccess
import KCMCrypto
import KCMServer
import KCMService
import KMIPClient
import NIOCore
import Testing

/// Who gets in, and what the log says of those who do not.
@Suite(.serialized) struct HandshakeTests {
    @Test func aGoodCertificateBecomesThePeer() async throws {
        try await TestServer.with { server in
            let identity = try server.pki.client()
            let connection = try await server.connect(identity)
            #expect(try await connection.send(Frames.request(id: 7)) == Frames.response(id: 7))
            let peer = try #require(server.responder.peers.first)
            #expect(peer.principal?.tenant == "acme")
            #expect(peer.principal?.service == "acme-app")
            #expect(peer.certificate.fingerprint == identity.issued.certificate.fingerprint)
            #expect(peer.chain == [identity.issued.certificate.der])
            #expect(peer.remoteAddress.hasPrefix("127.0.0.1:"))
            #expect(peer.transport == .kmip)
            await connection.close()
        }
    }

    @Test func noCertificateIsRefusedAndLogged() async throws {
        try await TestServer.with { server in
            let client = try await server.raw(nil)
            try? await client.write(Frames.request())
            #expect(await client.isClosed())
            #expect(await server.log.line(with: "no certificate", "127.0.0.1:") != nil)
            #expect(server.responder.exchanges.isEmpty)
        }
    }

    @Test func anotherAuthorityIsRefusedAndLogged() async throws {
        try await TestServer.with { server in
            let other = try TestPKI(name: "Another Root")
            let stranger = try other.client()
            defer { withExtendedLifetime(other) {} }
            await expectRefused(server, stranger, "acme-app", "issuer")
        }
    }

    @Test func anExpiredCertificateIsRefusedAndLogged() async throws {
        try await TestServer.with { server in
            let identity = try server.pki.client("old-app") { $0.notAfter = server.pki.now - 60 }
            await expectRefused(server, identity, "old-app", "expired")
        }
    }

    @Test func aServersCertificateIsNoClients() async throws {
        try await TestServer.with { server in
            let identity = try server.pki.client("wrong-purpose") { $0.purposes = [.server] }
            await expectRefused(server, identity, "wrong-purpose", "purpose")
        }
    }

    @Test func aReloadedRevocationListShutsTheNextConnectionOut() async throws {
        let pki = try TestPKI()
        try pki.revoke([], file: "crl.pem")
        try await TestServer.with(pki: pki, revocation: pki.folder.path("crl.pem")) { server in
            let identity = try pki.client("leaver")
            let before = try await server.connect(identity)
            #expect(try await before.send(Frames.request()) == Frames.response())
            try pki.revoke([identity], file: "crl.pem")
            try server.trust.reload(identities: IdentityMap())
            await expectRefused(server, identity, "leaver", "revoked")
            // Connections that stand are not dropped by a reload.
            #expect(try await before.send(Frames.request()) == Frames.response())
            await before.close()
        }
    }

    @Test(arguments: ["GET / HTTP/1.1\r\nHost: x\r\n\r\n", "\u{0}\u{1}\u{2}garbage that is no TLS at all", "\u{16}\u{3}\u{1}"])
    func plainBytesAreCutAndLoggedOnce(_ text: String) async throws {
        try await TestServer.with(limits: .init(message: 4096, handshake: .seconds(1))) { server in
            let client = try await RawClient.connect(port: server.kmip, group: server.group)
            // It may be cut before that.
            try? await client.write(text)
            #expect(await client.isClosed())
            #expect(await server.log.line(with: "TLS handshake refused", "remote=127.0.0.1:") != nil)
            try await Task.sleep(for: .milliseconds(50))
            #expect(server.log.lines.filter { $0.contains("TLS handshake refused") }.count == 1)
            // And the next one is served.
            let good = try await server.connect(try server.pki.client())
            #expect(try await good.send(Frames.request()) == Frames.response())
            await good.close()
        }
    }

    @Test func aSilentPeerIsCutAfterTheHandshakeLimit() async throws {
        try await TestServer.with(limits: .init(message: 4096, handshake: .milliseconds(200))) { server in
            let client = try await RawClient.connect(port: server.kmip, group: server.group)
            #expect(await client.isClosed())
            #expect(await server.log.line(with: "longer than 200 ms") != nil)
        }
    }

    @Test func aPeerThatLeavesBeforeTheHandshakeIsLogged() async throws {
        try await TestServer.with { server in
            let client = try await RawClient.connect(port: server.kmip, group: server.group)
            await client.close()
            #expect(await server.log.line(with: "closed before the handshake was done") != nil, "\(server.log.lines)")
        }
    }

    @Test func aServerThatTheClientDoesNotTrustIsATLSError() async throws {
        try await TestServer.with { server in
            let other = try TestPKI(name: "Another Root")
            let identity = try server.pki.client()
            await #expect(throws: KMIPClientError.self) { try await server.connect(identity, trust: other.trust) }
            do throws(KMIPClientError) { _ = try await server.connect(identity, trust: other.trust) } catch {
                #expect(error.kind == .tls, "\(error)")
            }
        }
    }

    /// Files are looked at while an operator has the rules read again: the rules of that moment stay.
    @Test func aLookAtTheFilesBringsNoOldRulesBack() async throws {
        try await TestServer.with { server in
            let trust = server.trust
            let chain = [try server.pki.client().issued.certificate.der]
            func tenant() throws -> String? { try trust.authenticate(chain: chain, now: server.pki.now).get().principal?.tenant }
            let looking = Task.detached { while !Task.isCancelled { try trust.reload(); await Task.yield() } }
            var last = UInt64(0)
            for round in 0..<20 {
                try trust.reload(identities: IdentityMap(rules: [IdentityRule(tenant: "t\(round)", service: "$CN", roles: ["$OU"])]))
                for _ in 0..<5 {
                    #expect(try tenant() == "t\(round)")
                    #expect(trust.generation >= last)
                    last = trust.generation
                    try await Task.sleep(for: .milliseconds(1))
                }
            }
            looking.cancel()
            _ = await looking.result
        }
    }

    @Test func aConnectionNobodyTakesIsRefused() async throws {
        try await TestServer.with { server in
            let identity = try server.pki.client()
            let configuration = server.pki.configuration(identity)
            do throws(KMIPClientError) {
                _ = try await KMIPConnection.connect(
                    host: "127.0.0.1", port: 1, configuration: configuration, group: server.group
                )
                Issue.record("something listens on port 1")
            } catch { #expect(error.kind == .refused && error.message.contains("127.0.0.1:1"), "\(error)") }
        }
    }

    /// TLS 1.3 tells the client of a refusal after its own side is done, so connecting or the first request fails.
    private func expectRefused(_ server: TestServer, _ identity: TestPKI.Identity, _ name: String, _ reason: String) async {
        let before = server.responder.exchanges.count
        do throws(KMIPClientError) {
            let connection = try await server.connect(identity)
            _ = try await connection.send(Frames.request())
            Issue.record("\(name) was served")
        } catch { #expect([.tls, .closed].contains(error.kind), "\(error)") }
        #expect(server.responder.exchanges.count == before)
        let line = await server.log.line(with: "TLS handshake refused", name, reason, "remote=127.0.0.1:")
        #expect(line != nil, "\(server.log.lines)")
    }
}
