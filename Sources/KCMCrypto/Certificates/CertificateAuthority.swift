internal import COpenSSL

/// A small certificate authority for development and tests: P-256 keys, SHA-256, random serial numbers of 128 bits.
///
/// Keeps no record of what it issued; whoever revokes passes all revoked serial numbers each time.
public struct CertificateAuthority: Sendable {
    public let certificate: Certificate
    /// Issuers of ``certificate`` up to, and without, the root; nearest first. Empty for a root.
    public let issuers: [Certificate]
    private let key: PrivateKey

    private init(certificate: Certificate, issuers: [Certificate], key: PrivateKey) {
        self.certificate = certificate
        self.issuers = issuers
        self.key = key
    }

    /// A new, self-signed root.
    /// - Parameters:
    ///   - subject: short names and values, in the order of the certificate.
    ///   - notBefore: seconds since 1970 UTC, as is `notAfter`.
    /// - Throws: `CryptoError`: `.parameter`, `.failed`.
    public static func create(
        subject: [(key: String, value: String)],
        notBefore: Int64,
        notAfter: Int64
    ) throws(CryptoError) -> CertificateAuthority {
        let key = try PrivateKey.generate(.p256)
        let builder = try CertificateBuilder(subject: subject, notBefore: notBefore, notAfter: notAfter, key: key)
        let certificate = try builder.finishAuthority(issuer: nil, signingKey: key)
        return CertificateAuthority(certificate: certificate, issuers: [], key: key)
    }

    /// Reads a root from PEM files. Blocks.
    /// - Throws: `CryptoError` `.certificate` with the path, also where the key is not the certificate's.
    public init(certificateFile: String, keyFile: String) throws {
        let certificates = try Certificate.load(pemFile: certificateFile)
        let key = try PrivateKey(pemFile: keyFile)
        guard X509_check_private_key(certificates[0].pointer, key.pointer) == 1 else {
            throw CryptoError.openSSL("\(keyFile) is not the key of \(certificateFile)", code: .certificate)
        }
        guard X509_check_ca(certificates[0].pointer) == 1 else {
            throw CryptoError(.certificate, "\(certificateFile) is not the certificate of an authority")
        }
        self.init(certificate: certificates[0], issuers: Array(certificates.dropFirst()), key: key)
    }

    /// Writes the certificate (0644) and the key (PKCS #8, 0600) as PEM, each replaced in one step. Blocks.
    /// - Throws: `CryptoError` `.failed`.
    public func write(certificateFile: String, keyFile: String) throws(CryptoError) {
        try key.write(pemFile: keyFile)
        try Certificate.write([certificate] + issuers, pemFile: certificateFile)
    }

    /// A leaf with a key of its own. Makes a key: RSA takes long, see ``PrivateKey/generate(_:)``.
    /// - Throws: `CryptoError`: `.parameter` for a name that is none, `.failed`.
    public func issue(_ request: CertificateRequest) throws(CryptoError) -> IssuedCertificate {
        let leafKey = try PrivateKey.generate(request.algorithm)
        let builder = try CertificateBuilder(
            subject: request.subject, notBefore: request.notBefore, notAfter: request.notAfter, key: leafKey
        )
        let leaf = try builder.finishLeaf(
            names: request.subjectAlternativeNames, purposes: request.purposes, revocationListURL: request.revocationListURL,
            issuer: certificate, signingKey: key
        )
        return IssuedCertificate(certificate: leaf, intermediates: chain, key: leafKey)
    }

    /// An authority below this one.
    /// - Throws: `CryptoError`: `.parameter`, `.failed`.
    public func issueAuthority(
        subject: [(key: String, value: String)],
        notBefore: Int64,
        notAfter: Int64
    ) throws(CryptoError) -> CertificateAuthority {
        let childKey = try PrivateKey.generate(.p256)
        let builder = try CertificateBuilder(subject: subject, notBefore: notBefore, notAfter: notAfter, key: childKey)
        let child = try builder.finishAuthority(issuer: certificate, signingKey: key)
        return CertificateAuthority(certificate: child, issuers: chain, key: childKey)
    }

    /// What a certificate of this authority sends along: nothing for a root's, since the peer has the root.
    private var chain: [Certificate] { certificate.subject == certificate.issuer ? [] : [certificate] + issuers }

    /// A signed list of revoked certificates.
    /// - Parameters:
    ///   - serials: as ``Certificate/serial`` shows them.
    ///   - number: grows with each list of this authority.
    ///   - thisUpdate: seconds since 1970 UTC, as is `nextUpdate`.
    /// - Throws: `CryptoError`: `.parameter` for a serial that is no hexadecimal number, `.failed`.
    public func revocationList(
        revoking serials: [String],
        number: Int64,
        thisUpdate: Int64,
        nextUpdate: Int64
    ) throws(CryptoError) -> RevocationList {
        let builder = try RevocationListBuilder(issuer: certificate)
        try builder.setTimes(thisUpdate, nextUpdate, number: number)
        for serial in serials { try builder.revoke(serial, at: thisUpdate) }
        return try builder.finish(signingKey: key)
    }
}
