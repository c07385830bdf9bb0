internal import COpenSSL
internal import Crypto

/// An Ed25519 private key (RFC 8032) that signs audit checkpoints. Safe to share among threads.
///
/// Files and formats are OpenSSL's, the signature is swift-crypto's: it takes a third of the time, and is most of what a request costs
/// that shares its signature with no other. Both keep the key on the heap and wipe it when they let go of it.
public final class SigningKey: Sendable {
    /// Of a signature, in bytes.
    public static let signatureSize = 64

    private let key: PrivateKey
    private let signer: Curve25519.Signing.PrivateKey
    /// The public half.
    public let verifyingKey: VerifyingKey

    private init(_ key: PrivateKey) throws(CryptoError) {
        guard key.isEd25519 else { throw CryptoError(.unsupported, "the signing key is not an Ed25519 key") }
        self.key = key
        signer = try Self.signer(key)
        verifyingKey = try VerifyingKey(publicHalfOf: key)
    }

    /// The same key for swift-crypto, by way of locked memory.
    private static func signer(_ key: PrivateKey) throws(CryptoError) -> Curve25519.Signing.PrivateKey {
        do {
            let seed = try SecretBytes(count: 32) { bytes in
                var size = bytes.count
                let target = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
                guard EVP_PKEY_get_raw_private_key(key.pointer, target, &size) == 1, size == bytes.count else {
                    throw CryptoError.openSSL("the signing key could not be read")
                }
            }
            return try seed.withUnsafeBytes { try Curve25519.Signing.PrivateKey(rawRepresentation: $0) }
        } catch { throw error as? CryptoError ?? CryptoError(.failed, "the signing key could not be read") }
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

    /// The signature of `message`: 64 bytes. About 15 µs.
    /// - Throws: `CryptoError` `.failed`.
    public func sign(_ message: UnsafeRawBufferPointer) throws(CryptoError) -> [UInt8] {
        guard let signature = try? signer.signature(for: message.bindMemory(to: UInt8.self)), signature.count == Self.signatureSize else {
            throw CryptoError(.failed, "the signature could not be made")
        }
        return [UInt8](signature)
    }
}
