internal import COpenSSL

/// An Ed25519 public key (RFC 8032). Safe to share among threads.
public final class VerifyingKey: Sendable {
    // As in ``PrivateKey``: reference counted, and verification does not change it.
    nonisolated(unsafe) let pointer: OpaquePointer
    /// SubjectPublicKeyInfo PEM.
    public let pem: String
    /// SHA-256 of the DER SubjectPublicKeyInfo, 64 lower-case hex digits.
    public let fingerprint: String

    init(adopting pointer: OpaquePointer) throws(CryptoError) {
        do throws(CryptoError) { (pem, fingerprint) = try Self.describe(pointer) } catch {
            EVP_PKEY_free(pointer)
            throw error
        }
        self.pointer = pointer
    }

    private static func describe(_ key: OpaquePointer) throws(CryptoError) -> (pem: String, fingerprint: String) {
        guard EVP_PKEY_get_id(key) == EVP_PKEY_ED25519 else {
            throw CryptoError(.unsupported, "the public key is not an Ed25519 key")
        }
        let stream = try MemoryBIO()
        var der: UnsafeMutablePointer<UInt8>?
        let count = i2d_PUBKEY(key, &der)
        defer { CRYPTO_free(der, nil, 0) }
        guard count > 0, PEM_write_bio_PUBKEY(stream.pointer, key) == 1 else { throw .openSSL("the public key could not be written") }
        return (stream.text(), Hexadecimal.text(SHA256.hash(UnsafeRawBufferPointer(start: der, count: Int(count)))))
    }

    convenience init(publicHalfOf key: PrivateKey) throws(CryptoError) {
        EVP_PKEY_up_ref(key.pointer)
        try self.init(adopting: key.pointer)
    }

    /// Reads SubjectPublicKeyInfo PEM.
    /// - Throws: `CryptoError`: `.certificate` where it is no public key, `.unsupported` where it is no Ed25519 key.
    public convenience init(pem: String) throws(CryptoError) {
        let bytes = Array(pem.utf8)
        let parsed: Result<OpaquePointer, CryptoError> = bytes.withUnsafeBytes { Self.parse($0, "the text") }
        try self.init(adopting: parsed.get())
    }

    /// Reads a SubjectPublicKeyInfo PEM file. Blocks.
    /// - Throws: as ``init(pem:)``, with the path.
    public convenience init(pemFile path: String) throws {
        let bytes = try PrivateFile.read(path)
        try self.init(adopting: bytes.withUnsafeBytes { Self.parse($0, path) }.get())
    }

    private static func parse(_ bytes: UnsafeRawBufferPointer, _ source: String) -> Result<OpaquePointer, CryptoError> {
        do throws(CryptoError) {
            let stream = try MemoryBIO(reading: bytes)
            guard let key = PEM_read_bio_PUBKEY(stream.pointer, nil, nil, nil) else {
                throw .openSSL("\(source) holds no PEM public key", code: .certificate)
            }
            return .success(key)
        } catch { return .failure(error) }
    }

    /// Whether `signature` is this key's for `message`; `false` for a signature of any other length than 64 bytes.
    public func isValid(signature: [UInt8], for message: UnsafeRawBufferPointer) -> Bool {
        guard signature.count == SigningKey.signatureSize, let context = EVP_MD_CTX_new() else { return false }
        defer { EVP_MD_CTX_free(context) }
        let valid =
            EVP_DigestVerifyInit(context, nil, nil, nil, pointer) == 1
            && EVP_DigestVerify(
                context, signature, signature.count, message.baseAddress?.assumingMemoryBound(to: UInt8.self), message.count
            ) == 1
        if !valid { ERR_clear_error() }
        return valid
    }

    deinit { EVP_PKEY_free(pointer) }
}
