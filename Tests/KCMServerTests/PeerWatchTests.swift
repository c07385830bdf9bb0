import KCMAccess
import KCMCrypto
import KCMService
import NIOCore
import Testing

@testable import KCMServer

/// What becomes of a peer whose connection outlives its certificate.
struct PeerWatchTests {
    private func watch(_ pki: TestPKI, _ identity: TestPKI.Identity, revocation: String? = nil) throws -> PeerWatch {
        let server = try pki.server()
        let trust = try TrustSource(
            files: TrustFiles(certificate: server.certificate, key: server.key, trust: pki.trust, revocation: revocation), identities: IdentityMap()
        )
        let verified = try trust.authenticate(chain: identity.issued.chain, now: pki.now).get()
        let peer = Peer(
            principal: verified.principal, certificate: verified.identity, chain: verified.chain, remoteAddress: "127.0.0.1:1", transport: .kmip)
        return PeerWatch(peer, trust: trust, responder: EchoResponder(), generation: verified.generation, interval: .milliseconds(100))
    }

    private func refusal(_ watch: PeerWatch, within seconds: Int) async throws -> String? {
        #expect(watch.isStillGood())
        for _ in 0..<seconds * 10 {
            guard watch.isStillGood() else { return watch.peer.refusal }
            try await Task.sleep(for: .milliseconds(100))
        }
        return nil
    }

    @Test func aCertificateThatComesToItsEndIsRefusedByTheClockAlone() async throws {
        let pki = try TestPKI()
        let peer = try watch(pki, try pki.client { $0.notAfter = pki.now + 15 })
        let text = try await refusal(peer, within: 40)
        #expect(text?.contains("expired") == true)
        #expect(peer.peer.principal == nil && !peer.isStillGood(), "and stays refused")
    }

    @Test func aListThatComesToItsEndVouchesForNobody() async throws {
        let pki = try TestPKI()
        let list = try pki.root.revocationList(revoking: [], number: 1, thisUpdate: pki.now - 60, nextUpdate: pki.now + 15)
        try list.write(pemFile: pki.folder.path("crl.pem"))
        let peer = try watch(pki, try pki.client(), revocation: pki.folder.path("crl.pem"))
        let text = try await refusal(peer, within: 40)
        #expect(text?.contains("CRL has expired") == true)
    }
}
