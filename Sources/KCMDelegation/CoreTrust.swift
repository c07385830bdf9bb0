internal import KCMCrypto
internal import KCMEngine
internal import KCMTLS
internal import NIOSSL

/// The files that Edge's connections to Core are made of.
public struct CoreTrustFiles: Sendable, Hashable {
    /// PEM: Edge's certificate as a client, then its intermediates.
    public let certificate: String
    /// PEM, PKCS #8: the key of `certificate`.
    public let key: String
    /// PEM: the anchors of Core's certificate.
    public let trust: String
    /// PEM or DER: revocation lists for Core's chain; `nil` checks none.
    public let revocation: String?

    public init(certificate: String, key: String, trust: String, revocation: String?) {
        self.certificate = certificate
        self.key = key
        self.trust = trust
        self.revocation = revocation
    }
}

/// What those files said when they were read last: who Edge is to Core, and whom it takes for Core.
struct CoreTrust: Sendable {
    let context: NIOSSLContext
    private let verifier: CertificateVerifier

    /// Reads the files. Blocks.
    /// - Throws: what is wrong with which file.
    init(_ files: CoreTrustFiles) throws {
        // A certificate that does not say it is a server's is not Core's, whatever RFC 5280 lets it be.
        verifier = try CertificateVerifier(
            trust: try Certificate.load(pemFile: files.trust),
            revocation: try files.revocation.map { try RevocationList.load(file: $0) } ?? [],
            requiresExtendedKeyUsage: true
        )
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        tls.takeAllSignatureAlgorithms()
        // Judged by `refusal`, which also knows revocation lists, purposes and the name.
        tls.certificateVerification = .noHostnameVerification
        tls.trustRoots = .file(files.trust)
        tls.certificateChain = try NIOSSLCertificate.fromPEMFile(files.certificate).map { .certificate($0) }
        tls.privateKey = .privateKey(try NIOSSLPrivateKey(file: files.key, format: .pem))
        context = try NIOSSLContext(configuration: tls)
    }

    /// Why a server with this chain is not Core; `nil` where it is. Takes some 0.4 ms of CPU.
    /// - Parameters:
    ///   - chain: DER, leaf first.
    ///   - host: the name or address in the URL.
    func refusal(of chain: [[UInt8]], host: String) -> String? {
        do throws(CryptoError) {
            _ = try verifier.verify(chain: chain, purpose: .server, hostname: host, at: WallClock.now / 1_000_000_000)
            return nil
        } catch { return error.message }
    }
}
