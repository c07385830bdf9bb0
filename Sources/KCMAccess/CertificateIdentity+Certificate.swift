public import KCMCrypto

extension CertificateIdentity {
    /// What a certificate says of itself.
    public init(_ certificate: Certificate) {
        self.init(
            subject: certificate.subject,
            subjectAlternativeNames: certificate.subjectAlternativeNames,
            issuer: certificate.issuer,
            serial: certificate.serial,
            fingerprint: certificate.fingerprint
        )
    }
}
