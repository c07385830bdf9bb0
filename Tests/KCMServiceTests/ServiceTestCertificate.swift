import KCMCrypto

/// An X.509 certificate made for a test.
enum ServiceTestCertificate {
    /// Self-signed, its subject `CN=ca`, as DER.
    static func der() throws -> [UInt8] {
        try CertificateAuthority.create(subject: [(key: "CN", value: "ca")], notBefore: 0, notAfter: 2_000_000_000).certificate.der
    }
}
