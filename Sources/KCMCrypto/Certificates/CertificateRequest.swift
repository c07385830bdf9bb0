/// What a leaf certificate is to say.
public struct CertificateRequest: Sendable {
    /// In the order of the certificate; keys are short names (`O`, `OU`, `CN`) or dotted object identifiers.
    public var subject: [(key: String, value: String)]
    /// `DNS:…`, `IP:…`, `URI:…`, `email:…`.
    public var subjectAlternativeNames: [String]
    /// Becomes the extended key usage; empty leaves the extension out.
    public var purposes: Set<CertificatePurpose>
    /// Seconds since 1970 UTC.
    public var notBefore: Int64
    /// Seconds since 1970 UTC.
    public var notAfter: Int64
    /// Where the issuer's revocation list can be fetched (RFC 5280 §4.2.1.13), ASCII; `nil` leaves the extension out.
    public var revocationListURL: String?
    /// Of the new key pair.
    public var algorithm: PrivateKey.Algorithm

    public init(
        subject: [(key: String, value: String)],
        subjectAlternativeNames: [String] = [],
        purposes: Set<CertificatePurpose>,
        notBefore: Int64,
        notAfter: Int64,
        revocationListURL: String? = nil,
        algorithm: PrivateKey.Algorithm = .p256
    ) {
        self.subject = subject
        self.subjectAlternativeNames = subjectAlternativeNames
        self.purposes = purposes
        self.notBefore = notBefore
        self.notAfter = notAfter
        self.revocationListURL = revocationListURL
        self.algorithm = algorithm
    }
}
