/// The files that a TLS server is made of.
public struct TrustFiles: Sendable, Hashable {
    /// PEM: the certificate, then its intermediates.
    public let certificate: String
    /// PEM, PKCS #8.
    public let key: String
    /// PEM: the anchors that client certificates are checked against.
    public let trust: String
    /// PEM or DER: revocation lists; `nil` checks no revocation.
    public let revocation: String?

    public init(certificate: String, key: String, trust: String, revocation: String?) {
        self.certificate = certificate
        self.key = key
        self.trust = trust
        self.revocation = revocation
    }

    /// All of them.
    public var paths: [String] { [certificate, key, trust] + (revocation.map { [$0] } ?? []) }
}
