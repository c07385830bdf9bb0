public import KCMAccess
internal import KCMCrypto
internal import KCMService
internal import KCMTLS
public import NIOSSL
internal import NIOTLS
internal import Synchronization

/// Server certificate, trust anchors, revocation lists and identity rules as they stand now; replaced as a whole on reload.
///
/// New connections use what is current when they arrive. Replacing the TLS context also ends its session tickets, so that no
/// resumption outlives a revocation list.
public final class TrustSource: Sendable {
    struct Material {
        let context: NIOSSLContext
        let verifier: CertificateVerifier
        let identities: IdentityMap
        let generation: UInt64
        /// By the leaf's issuer: what stood between leaf and anchor in the chains that were verified under this context.
        var intermediates: [String: [[UInt8]]] = [:]

        init(_ read: (NIOSSLContext, CertificateVerifier), _ identities: IdentityMap, generation: UInt64) {
            (context, verifier) = read
            self.identities = identities
            self.generation = generation
        }
    }

    /// Issuers whose intermediates are kept; each was vouched for by an anchor, so this is not for strangers to fill.
    private static let maximumIssuers = 1000

    private let files: TrustFiles
    /// Of the files from before they were first read.
    public let stampsAtStart: [FileWatch.Stamp]
    private let current: Mutex<Material>
    /// Grows with each reload: who was judged by an older one has to be judged again. Read for each request, so it costs no lock.
    private let latest = Atomic<UInt64>(0)

    /// Reads all files. Blocks.
    /// - Throws: what is wrong with which file.
    public init(files: TrustFiles, identities: IdentityMap) throws {
        self.files = files
        stampsAtStart = files.paths.map { FileWatch.Stamp(path: $0) }
        current = Mutex(Material(try Self.read(files), identities, generation: 0))
    }

    /// Reads all files again. Blocks; where it throws, what was in use stays.
    /// - Parameter identities: the rules from now on; `nil` for those that are in use when the files have been read, since another reload may
    ///   have brought new ones meanwhile.
    public func reload(identities: IdentityMap? = nil) throws {
        let read = try Self.read(files)
        current.withLock { current in
            current = Material(read, identities ?? current.identities, generation: current.generation + 1)
            // Within the lock, so that it never goes back.
            latest.store(current.generation, ordering: .releasing)
        }
    }

    /// Of the files as they are now, for ``FileWatch``. Blocks.
    public var stamps: [FileWatch.Stamp] { files.paths.map { FileWatch.Stamp(path: $0) } }

    /// Counts the reloads.
    public var generation: UInt64 { latest.load(ordering: .acquiring) }

    /// The TLS context for a new connection.
    public var context: NIOSSLContext { current.withLock { $0.context } }

    private static func read(_ files: TrustFiles) throws -> (NIOSSLContext, CertificateVerifier) {
        let verifier = try CertificateVerifier(
            trust: try Certificate.load(pemFile: files.trust),
            revocation: try files.revocation.map { try RevocationList.load(file: $0) } ?? []
        )
        let chain = try NIOSSLCertificate.fromPEMFile(files.certificate)
        let key = try NIOSSLPrivateKey(file: files.key, format: .pem)
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(key)
        )
        configuration.minimumTLSVersion = .tlsv12
        // TLS 1.2 with ECDHE and AEAD only; the suites of TLS 1.3 are all that. One suite for each kind of certificate: NIOSSL cannot make
        // the server's order of suites count (SSL_OP_CIPHER_SERVER_PREFERENCE), so there is none to choose a lesser one from.
        configuration.cipherSuiteValues = [.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384]
        configuration.takeAllSignatureAlgorithms()
        // Asks for a certificate; what is sent is judged by `authenticate`, which also knows revocation lists and purposes.
        configuration.certificateVerification = .noHostnameVerification
        configuration.trustRoots = .file(files.trust)
        return (try NIOSSLContext(configuration: configuration), verifier)
    }

    /// What a good chain says.
    public struct Verified: Sendable {
        /// `nil` where no rule maps the certificate.
        public let principal: Principal?
        public let identity: CertificateIdentity
        /// The verified chain, DER, leaf first, without the anchor.
        public let chain: [[UInt8]]
        /// Of the trust that it was judged by; see ``TrustSource/generation``.
        public let generation: UInt64
    }

    /// Why a chain is not taken, for the log.
    public struct Refusal: Error, Sendable {
        public let text: String
    }

    /// Verifies a client's chain and maps it to a principal.
    /// - Parameters:
    ///   - chain: DER, leaf first.
    ///   - now: seconds since 1970 UTC.
    /// - Returns: the principal (`nil` where no rule maps the certificate), what the certificate says, and the verified chain.
    public func authenticate(
        chain: [[UInt8]],
        now: Int64
    ) -> Result<Verified, Refusal> {
        let (verifier, generation, identities) = current.withLock { ($0.verifier, $0.generation, $0.identities) }
        do throws(CryptoError) {
            let verified = try verifier.verify(chain: chain, purpose: .client, at: now)
            guard let leaf = verified.first else { return .failure(Refusal(text: "there is no certificate")) }
            if verified.count > 1 { remember(verified.dropFirst().map(\.der), below: leaf.issuer) }
            let identity = CertificateIdentity(leaf)
            let facts = IdentityMap.Facts(identity: identity, subjectFields: leaf.subjectFields)
            return .success(
                Verified(principal: identities.principal(of: facts), identity: identity, chain: verified.map(\.der), generation: generation)
            )
        } catch { return .failure(Refusal(text: error.message)) }
    }

    /// The chain to judge a resumed session by, which shows its leaf alone: the intermediates are those of the full handshake that
    /// made its ticket. Tickets end with the context, and so do these.
    /// - Parameter leaf: DER.
    /// - Returns: DER, leaf first.
    func chain(resuming leaf: [UInt8]) -> [[UInt8]] {
        guard let issuer = try? Certificate(der: leaf).issuer else { return [leaf] }
        return [leaf] + current.withLock { $0.intermediates[issuer] ?? [] }
    }

    private func remember(_ intermediates: [[UInt8]], below issuer: String) {
        current.withLock { material in
            guard let known = material.intermediates[issuer] else {
                if material.intermediates.count < Self.maximumIssuers { material.intermediates[issuer] = intermediates }
                return
            }
            guard !intermediates.allSatisfy(known.contains) else { return }
            // An authority that renewed its certificate has two under one name; the verifier picks the one that fits.
            let others = known.filter { !intermediates.contains($0) }
            material.intermediates[issuer] = Array((intermediates + others).prefix(CertificateVerifier.maximumChainLength - 1))
        }
    }
}
