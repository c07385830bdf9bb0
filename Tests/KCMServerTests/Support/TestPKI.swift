import Glibc
import KCMCrypto
import KMIPClient
import NIOSSL

/// A root with certificates as files, made new for each test.
final class TestPKI: Sendable {
    static let day: Int64 = 86_400

    /// A certificate with its key, as PEM files.
    struct Identity: Sendable {
        let certificate: String
        let key: String
        let issued: IssuedCertificate
    }

    let folder: TestFolder
    let root: CertificateAuthority
    let now = Int64(time(nil))

    init(name: String = "Test Root") throws {
        folder = try TestFolder()
        root = try CertificateAuthority.create(
            subject: [("O", "OpenKCM"), ("CN", name)], notBefore: now - TestPKI.day, notAfter: now + TestPKI.day
        )
        try root.write(certificateFile: trust, keyFile: folder.path("ca.key"))
    }

    var trust: String { folder.path("ca.pem") }

    func client(
        _ name: String = "acme-app",
        by authority: CertificateAuthority? = nil,
        _ change: (inout CertificateRequest) -> Void = { _ in }
    ) throws -> Identity {
        var request = CertificateRequest(
            subject: [("O", "acme"), ("OU", "service"), ("CN", name)], purposes: [.client], notBefore: now - 3600, notAfter: now + 3600
        )
        change(&request)
        return try write(try (authority ?? root).issue(request), name)
    }

    func server(_ name: String = "core", addresses: [String] = ["IP:127.0.0.1"], purposes: Set<CertificatePurpose> = [.server]) throws -> Identity {
        let request = CertificateRequest(
            subject: [("O", "OpenKCM"), ("CN", name)],
            subjectAlternativeNames: addresses,
            purposes: purposes,
            notBefore: now - 3600,
            notAfter: now + 3600
        )
        return try write(try root.issue(request), name)
    }

    func revoke(_ identities: [Identity], file: String) throws {
        let list = try root.revocationList(
            revoking: identities.map(\.issued.certificate.serial), number: 1, thisUpdate: now - 60, nextUpdate: now + 3600
        )
        try list.write(pemFile: folder.path(file))
    }

    private func write(_ issued: IssuedCertificate, _ name: String) throws -> Identity {
        let identity = Identity(certificate: folder.path("\(name).pem"), key: folder.path("\(name).key"), issued: issued)
        try issued.write(certificateFile: identity.certificate, keyFile: identity.key)
        return identity
    }

    func configuration(_ identity: Identity, trust: String? = nil, timeout: Duration = patience) -> KMIPClientConfiguration {
        KMIPClientConfiguration(
            certificateFile: identity.certificate, keyFile: identity.key, trustFile: trust ?? self.trust, timeout: timeout
        )
    }

    /// For a client without an ``Identity`` where `nil`.
    func context(_ identity: Identity?) throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .file(trust)
        if let identity {
            configuration.certificateChain = try NIOSSLCertificate.fromPEMFile(identity.certificate).map { .certificate($0) }
            configuration.privateKey = .privateKey(try NIOSSLPrivateKey(file: identity.key, format: .pem))
        }
        return try NIOSSLContext(configuration: configuration)
    }
}
