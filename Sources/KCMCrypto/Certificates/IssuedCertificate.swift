/// A certificate with its private key and the chain up to, and without, the root.
public struct IssuedCertificate: Sendable {
    public let certificate: Certificate
    /// Intermediate authorities, nearest first.
    public let intermediates: [Certificate]
    public let key: PrivateKey

    /// DER, leaf first, as a TLS peer sends it.
    public var chain: [[UInt8]] { ([certificate] + intermediates).map(\.der) }

    /// Writes the chain (0644) and the key (PKCS #8, 0600) as PEM, each replaced in one step. Blocks.
    /// - Throws: `CryptoError` `.failed`.
    public func write(certificateFile: String, keyFile: String) throws(CryptoError) {
        try key.write(pemFile: keyFile)
        try Certificate.write([certificate] + intermediates, pemFile: certificateFile)
    }
}
