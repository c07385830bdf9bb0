import Glibc
import Testing
@testable import KCMCrypto

@Suite("Certificates")
struct CertificateTests {
    @Test("show what they were issued with")
    func fields() throws {
        let leaf = try TestPKI().issue().certificate
        #expect(leaf.subject == "CN=acme-app,OU=service,O=acme")
        #expect(leaf.subjectFields.map(\.key) == ["O", "OU", "CN"])
        #expect(leaf.subjectFields.map(\.value) == ["acme", "service", "acme-app"])
        #expect(leaf.issuer == "CN=Test Root,O=OpenKCM")
        #expect(leaf.subjectAlternativeNames == ["URI:spiffe://acme/app", "DNS:app.acme.test", "IP:127.0.0.1", "IP:::1"])
        #expect(leaf.notBefore == TestPKI.now - TestPKI.day)
        #expect(leaf.notAfter == TestPKI.now + TestPKI.day)
        #expect(leaf.serial.count == 32)
        #expect(leaf.fingerprint == Hexadecimal.text(leaf.der.withUnsafeBytes { SHA256.hash($0) }))
    }

    @Test("RFC 4514 escapes keep a value from reading as another part")
    func escapes() throws {
        let leaf = try TestPKI().issue { $0.subject = [("O", "acme, OU=tenant-admin"), ("CN", "Zo\u{eb} + \"x\"")] }.certificate
        #expect(leaf.subject == #"CN=Zoë \+ \"x\",O=acme\, OU=tenant-admin"#)
        #expect(leaf.subjectFields[0].value == "acme, OU=tenant-admin")
    }

    @Test("with a NUL in a name are refused")
    func embeddedNUL() throws {
        let pki = try TestPKI()
        for part in ["acme-app", "app.acme.test"] {
            var der = try pki.issue().certificate.der
            let bytes = Array(part.utf8)
            let found = try #require((0..<der.count - bytes.count).last { Array(der[$0..<$0 + bytes.count]) == bytes })
            der[found + 4] = 0
            let error = #expect(throws: CryptoError.self) { try Certificate(der: der) }
            #expect(error?.message.contains("NUL") == true)
        }
    }

    @Test("are refused where they are cut short or have bytes behind them")
    func malformed() throws {
        let der = try TestPKI().root.certificate.der
        #expect(throws: CryptoError(.certificate, "")) { try Certificate(der: der + [0]) }
        #expect(throws: CryptoError(.certificate, "")) { try Certificate(der: []) }
        for count in stride(from: 1, to: der.count, by: 7) {
            #expect(throws: CryptoError(.certificate, "")) { try Certificate(der: Array(der.prefix(count))) }
        }
    }

    @Test("come back from PEM files, chain and key")
    func files() throws {
        let folder = try TemporaryFolder()
        let pki = try TestPKI()
        let middle = try pki.root.issueAuthority(
            subject: [("CN", "Middle")], notBefore: TestPKI.now - TestPKI.day, notAfter: TestPKI.now + TestPKI.day
        )
        let issued = try pki.issue(by: middle)
        try issued.write(certificateFile: folder.path("app.pem"), keyFile: folder.path("app.key"))
        #expect(try Certificate.load(pemFile: folder.path("app.pem")).map(\.der) == issued.chain)
        var status = stat()
        #expect(stat(folder.path("app.key"), &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)

        try pki.root.write(certificateFile: folder.path("ca.pem"), keyFile: folder.path("ca.key"))
        let again = try CertificateAuthority(certificateFile: folder.path("ca.pem"), keyFile: folder.path("ca.key"))
        let leaf = try pki.issue(by: again)
        let verifier = try CertificateVerifier(trust: [pki.root.certificate])
        #expect(try verifier.verify(chain: leaf.chain, purpose: .client, at: TestPKI.now).count == 1)

        #expect(throws: CryptoError(.certificate, "")) {
            try CertificateAuthority(certificateFile: folder.path("ca.pem"), keyFile: folder.path("app.key"))
        }
        try folder.write("no certificate\n", to: "text.pem")
        #expect(throws: CryptoError(.certificate, "")) { try Certificate.load(pemFile: folder.path("text.pem")) }
    }

    @Test("revocation lists come back from PEM")
    func lists() throws {
        let folder = try TemporaryFolder()
        let pki = try TestPKI()
        try pki.list(["0a0b", "7f00000000000000000000000000ff01"]).write(pemFile: folder.path("crl.pem"))
        let list = try #require(try RevocationList.load(file: folder.path("crl.pem")).first)
        #expect(Set(list.revokedSerials) == ["0a0b", "7f00000000000000000000000000ff01"])
        #expect(list.issuer == pki.root.certificate.subject)
        #expect(list.thisUpdate == TestPKI.now - TestPKI.day)
        #expect(list.nextUpdate == TestPKI.now + TestPKI.day)
    }

    @Test("names that are none are not issued", arguments: ["DNS", "IP:300.1.1.1", "LDAP:x", ""])
    func badNames(name: String) throws {
        #expect(throws: CryptoError(.parameter, "")) { try TestPKI().issue { $0.subjectAlternativeNames = [name] } }
    }
}
