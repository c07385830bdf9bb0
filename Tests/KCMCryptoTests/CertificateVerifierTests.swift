import Testing
@testable import KCMCrypto

@Suite("Certificate verification")
struct CertificateVerifierTests {
    let pki: TestPKI

    init() throws { pki = try TestPKI() }

    private func refused(
        _ reason: String,
        by verifier: CertificateVerifier? = nil,
        _ chain: [[UInt8]],
        purpose: CertificatePurpose = .client,
        hostname: String? = nil,
        at time: Int64 = TestPKI.now
    ) throws {
        let verifier = try verifier ?? CertificateVerifier(trust: [pki.root.certificate])
        let error = #expect(throws: CryptoError(.certificate, "")) {
            try verifier.verify(chain: chain, purpose: purpose, hostname: hostname, at: time)
        }
        #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
    }

    @Test("a good chain gives the leaf and its intermediates, without the anchor")
    func good() throws {
        let verifier = try CertificateVerifier(trust: [pki.root.certificate])
        let leaf = try pki.issue()
        #expect(try verifier.verify(chain: leaf.chain, purpose: .client, at: TestPKI.now).map(\.der) == [leaf.certificate.der])
        #expect(
            try verifier.verify(chain: leaf.chain + [pki.root.certificate.der], purpose: .client, at: TestPKI.now).map(\.der)
                == [leaf.certificate.der]
        )
        let middle = try pki.root.issueAuthority(
            subject: [("CN", "Middle")], notBefore: TestPKI.now - TestPKI.day, notAfter: TestPKI.now + TestPKI.day
        )
        let below = try pki.issue(by: middle)
        let verified = try verifier.verify(chain: below.chain, purpose: .client, at: TestPKI.now)
        #expect(verified.map(\.der) == [below.certificate.der, middle.certificate.der])
        try refused("unable to get local issuer certificate", [below.certificate.der])
    }

    @Test("outside of its validity it is refused, with subject and reason")
    func validity() throws {
        let leaf = try pki.issue()
        try refused("certificate CN=acme-app,OU=service,O=acme: certificate has expired", leaf.chain, at: TestPKI.now + 2 * TestPKI.day)
        try refused("certificate is not yet valid", leaf.chain, at: TestPKI.now - 2 * TestPKI.day)
        let expired = try pki.issue {
            $0.notBefore = TestPKI.now - 5 * TestPKI.day
            $0.notAfter = TestPKI.now - 1
        }
        try refused("certificate has expired", expired.chain)
    }

    @Test("another authority's, one of the same name, and a self-signed one are refused")
    func otherAuthority() throws {
        try refused("unable to get local issuer certificate", try TestPKI(name: "Other").issue().chain)
        try refused("certificate CN=acme-app", try TestPKI().issue().chain)
        let other = try TestPKI(name: "Self").root
        try refused("self-signed certificate", [other.certificate.der])
    }

    @Test("a changed byte is refused")
    func tampered() throws {
        var der = try pki.issue().certificate.der
        der[der.count - 1] ^= 1
        try refused("certificate signature failure", [der])
    }

    @Test("a leaf cannot issue")
    func leafAsIssuer() throws {
        let leaf = try pki.issue()
        let folder = try TemporaryFolder()
        try leaf.write(certificateFile: folder.path("leaf.pem"), keyFile: folder.path("leaf.key"))
        #expect(throws: CryptoError(.certificate, "")) {
            try CertificateAuthority(certificateFile: folder.path("leaf.pem"), keyFile: folder.path("leaf.key"))
        }
    }

    @Test("the extended key usage must be the one asked for")
    func extendedKeyUsage() throws {
        let client = try pki.issue()
        let server = try pki.issue { $0.purposes = [.server] }
        let both = try pki.issue { $0.purposes = [.client, .server] }
        let none = try pki.issue { $0.purposes = [] }
        let verifier = try CertificateVerifier(trust: [pki.root.certificate])
        try refused("unsuitable certificate purpose", server.chain, purpose: .client)
        try refused("unsuitable certificate purpose", client.chain, purpose: .server)
        for purpose in [CertificatePurpose.client, .server] {
            #expect(try verifier.verify(chain: both.chain, purpose: purpose, at: TestPKI.now).count == 1)
            #expect(try verifier.verify(chain: none.chain, purpose: purpose, at: TestPKI.now).count == 1)
        }
        let strict = try CertificateVerifier(trust: [pki.root.certificate], requiresExtendedKeyUsage: true)
        #expect(try strict.verify(chain: both.chain, purpose: .client, at: TestPKI.now).count == 1)
        try refused("the extended key usage lacks clientAuth", by: strict, none.chain)
    }

    @Test("a weak key is refused")
    func weakKey() throws {
        let weak = try pki.issue { $0.algorithm = .rsa(bits: 1024) }
        try refused("EE certificate key too weak", weak.chain)
        let strong = try pki.issue { $0.algorithm = .rsa(bits: 2048) }
        let verifier = try CertificateVerifier(trust: [pki.root.certificate])
        #expect(try verifier.verify(chain: strong.chain, purpose: .client, at: TestPKI.now).count == 1)
    }

    @Test("revoked, and lists that are old, missing or another's, are refused")
    func revocation() throws {
        let (good, bad) = (try pki.issue(), try pki.issue())
        let verifier = try CertificateVerifier(trust: [pki.root.certificate], revocation: [pki.list([bad.certificate.serial])])
        #expect(try verifier.verify(chain: good.chain, purpose: .client, at: TestPKI.now).count == 1)
        try refused("certificate revoked", by: verifier, bad.chain)

        let old = try CertificateVerifier(trust: [pki.root.certificate], revocation: [pki.list([], until: TestPKI.now - 1)])
        try refused("CRL has expired", by: old, good.chain)

        let foreign = try TestPKI(name: "Other").list([])
        let missing = try CertificateVerifier(trust: [pki.root.certificate], revocation: [foreign])
        try refused("unable to get certificate CRL", by: missing, good.chain)

        // The same name, another key.
        let forged = try CertificateVerifier(trust: [pki.root.certificate], revocation: [TestPKI().list([])])
        try refused("CRL", by: forged, good.chain)
    }

    @Test("a revoked intermediate takes its leaves along, unless only leaves are checked")
    func revokedIntermediate() throws {
        let middle = try pki.root.issueAuthority(
            subject: [("CN", "Middle")], notBefore: TestPKI.now - TestPKI.day, notAfter: TestPKI.now + TestPKI.day
        )
        let leaf = try pki.issue(by: middle)
        let lists = [try pki.list([middle.certificate.serial]), try pki.list([], by: middle)]
        let strict = try CertificateVerifier(trust: [pki.root.certificate], revocation: lists)
        try refused("certificate CN=Middle: certificate revoked", by: strict, leaf.chain)
        let leafOnly = try CertificateVerifier(trust: [pki.root.certificate], revocation: lists, scope: .leaf)
        #expect(try leafOnly.verify(chain: leaf.chain, purpose: .client, at: TestPKI.now).count == 2)
    }

    @Test("host names and addresses match alternative names only")
    func hostname() throws {
        let leaf = try pki.issue {
            $0.purposes = [.server]
            $0.subject = [("CN", "common.test")]
        }
        let verifier = try CertificateVerifier(trust: [pki.root.certificate])
        for name in ["app.acme.test", "APP.acme.test", "127.0.0.1", "::1"] {
            #expect(try verifier.verify(chain: leaf.chain, purpose: .server, hostname: name, at: TestPKI.now).count == 1)
        }
        try refused("hostname mismatch", leaf.chain, purpose: .server, hostname: "common.test")
        try refused("hostname mismatch", leaf.chain, purpose: .server, hostname: "acme.test")
        try refused("IP address mismatch", leaf.chain, purpose: .server, hostname: "127.0.0.2")
    }

    @Test("empty and overlong chains are refused")
    func length() throws {
        try refused("there is no certificate", [])
        try refused("the chain has 11 certificates", Array(repeating: pki.root.certificate.der, count: 11))
        #expect(throws: CryptoError(.certificate, "")) { try CertificateVerifier(trust: []) }
    }
}
