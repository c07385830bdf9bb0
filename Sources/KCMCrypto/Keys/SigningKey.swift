internal import COpenSSL

/// An Ed25519 private key (RFC 8032) that signs audit checkpoints. Safe to share among threads.
public final class SigningKey: Sendable {
    /// Of a signature, in bytes.
    public static let signatureSize = 64

    private let key: PrivateKey
    /// The public half.
    public let verifyingKey: VerifyingKey

    private init(_ key: PrivateKey) throws(CryptoError) {
        guard key.isEd25519 else { throw CryptoError(.unsupported, "the signing key is not an Ed25519 key") }
        self.key = key
        verifyingKey = try VerifyingKey(publicHalfOf: key)
    }

    /// A new key.
    /// - Throws: `CryptoError` `.failed`.
    public static func generate() throws(CryptoError) -> SigningKey { try SigningKey(PrivateKey.generate(.ed25519)) }

    /// The key of RFC 8032's 32-byte seed.
    /// - Throws: `CryptoError` `.parameter` where it has another length.
    public convenience init(seed: borrowing SecretBytes) throws(CryptoError) {
        let pointer = seed.withUnsafeBytes {
            EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, $0.baseAddress?.assumingMemoryBound(to: UInt8.self), $0.count)
        }
        guard let pointer else { throw .openSSL("an Ed25519 seed has 32 bytes", code: .parameter) }
        try self.init(PrivateKey(adopting: pointer))
    }

    /// Reads an unencrypted PKCS #8 PEM file. Blocks.
    /// - Throws: `CryptoError`: `.certificate` where it cannot be read, `.unsupported` where it is no Ed25519 key.
    public convenience init(pemFile path: String) throws { try self.init(PrivateKey(pemFile: path)) }

    /// Writes PKCS #8 PEM with mode 0600, replacing the file in one step. Blocks.
    /// - Throws: `CryptoError` `.failed`.
    public func write(pemFile path: String) throws(CryptoError) { try key.write(pemFile: path) }

    /// The public half as SubjectPublicKeyInfo PEM.
    public var publicKeyPEM: String { verifyingKey.pem }

    /// The signature of `message`: 64 bytes. About 40 µs.
    /// - Throws: `CryptoError` `.failed`.
    public func sign(_ message: UnsafeRawBufferPointer) throws(CryptoError) -> [UInt8] {
        guard let context = EVP_MD_CTX_new() else { throw CryptoError(.memory, "no memory for a signature") }
        defer { EVP_MD_CTX_free(context) }
        var size = Self.signatureSize
        var signature = [UInt8](repeating: 0, count: size)
        guard EVP_DigestSignInit(context, nil, nil, nil, key.pointer) == 1,
            EVP_DigestSign(context, &signature, &size, message.baseAddress?.assumingMemoryBound(to: UInt8.self), message.count) == 1,
            size == Self.signatureSize
        else { throw .openSSL("the signature could not be made") }
        return signature
    }
}
