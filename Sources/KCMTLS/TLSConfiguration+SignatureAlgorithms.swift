public import NIOSSL

extension TLSConfiguration {
    /// Takes a peer's proof of its key with any of the algorithms that its certificate may have: the one list for servers and clients.
    ///
    /// BoringSSL's own list has no Ed25519. Nothing rests on SHA-1, and RSA keys may sign with PSS or PKCS #1 (TLS 1.2 alone).
    package mutating func takeAllSignatureAlgorithms() {
        verifySignatureAlgorithms = [
            .ed25519, .ecdsaSecp256R1Sha256, .ecdsaSecp384R1Sha384, .rsaPssRsaeSha256, .rsaPssRsaeSha384, .rsaPssRsaeSha512, .rsaPkcs1Sha256,
            .rsaPkcs1Sha384, .rsaPkcs1Sha512,
        ]
    }
}
