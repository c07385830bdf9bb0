internal import CKCMShims
internal import COpenSSL

/// An asymmetric private key, parsed once: parsing costs OpenSSL ten times what a P-256 signature does.
///
/// OpenSSL keeps the key's numbers in its own memory and clears that when the key is freed.
public final class PrivateKey: Sendable {
    /// What kind of key to make.
    public enum Algorithm: Sendable, Hashable {
        /// ECDSA on NIST P-256 (FIPS 186-4).
        case p256
        /// ECDSA on NIST P-384.
        case p384
        /// RFC 8032.
        case ed25519
        /// RSA; the modulus in bits.
        case rsa(bits: Int)
    }

    // An EVP_PKEY is reference counted and locks what it caches; signing does not change it.
    nonisolated(unsafe) let pointer: OpaquePointer

    init(adopting pointer: OpaquePointer) { self.pointer = pointer }

    /// A new key. RSA takes a quarter of a second: not on an event loop.
    /// - Throws: `CryptoError` `.failed`.
    public static func generate(_ algorithm: Algorithm) throws(CryptoError) -> PrivateKey {
        let pointer =
            switch algorithm {
            case .p256: kcm_generate_p256()
            case .p384: kcm_generate_p384()
            case .ed25519: kcm_generate_ed25519()
            case .rsa(let bits): kcm_generate_rsa(max(bits, 0))
            }
        guard let pointer else { throw .openSSL("no key could be made") }
        return PrivateKey(adopting: pointer)
    }

    /// Reads an unencrypted PEM file: PKCS #8, or the older forms OpenSSL knows. Blocks.
    /// - Throws: `CryptoError` `.certificate` with the path and the reason.
    public init(pemFile path: String) throws {
        let bytes = try PrivateFile.read(path)
        pointer = try bytes.withUnsafeBytes { (bytes) throws(CryptoError) in
            let stream = try MemoryBIO(reading: bytes)
            guard let key = kcm_read_private_key(stream.pointer) else {
                throw .openSSL("\(path) holds no unencrypted PEM private key", code: .certificate)
            }
            return key
        }
    }

    /// Writes the key as PKCS #8 PEM, readable by its owner only (0600), replacing the file in one step. Blocks.
    /// - Throws: `CryptoError` `.failed`.
    public func write(pemFile path: String) throws(CryptoError) {
        let stream = try MemoryBIO()
        guard PEM_write_bio_PKCS8PrivateKey(stream.pointer, pointer, nil, nil, 0, nil, nil) == 1 else {
            throw .openSSL("the key could not be written")
        }
        try stream.withUnsafeBytes { (bytes) throws(CryptoError) in try PrivateFile.write(bytes, to: path, mode: 0o600) }
    }

    /// `true` for an Ed25519 key.
    var isEd25519: Bool { EVP_PKEY_get_id(pointer) == EVP_PKEY_ED25519 }

    deinit { EVP_PKEY_free(pointer) }
}
