internal import COpenSSL

/// The 32 bytes of RFC 8032 §5.1.5, for records that name a key in full.
extension VerifyingKey {
    /// Of ``rawBytes``, in bytes.
    public static let rawSize = 32

    /// The public key as 32 bytes.
    public var rawBytes: [UInt8] {
        var size = Self.rawSize
        var bytes = [UInt8](repeating: 0, count: size)
        // Fails only for another type of key, which no instance has.
        let done = EVP_PKEY_get_raw_public_key(pointer, &bytes, &size)
        precondition(done == 1 && size == Self.rawSize, "an Ed25519 key has 32 public bytes")
        return bytes
    }

    /// The key of 32 bytes.
    /// - Throws: `CryptoError` `.parameter` where there are more or fewer.
    public convenience init(rawBytes: [UInt8]) throws(CryptoError) {
        guard rawBytes.count == Self.rawSize, let pointer = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, rawBytes, rawBytes.count) else {
            throw .openSSL("an Ed25519 public key has 32 bytes", code: .parameter)
        }
        try self.init(adopting: pointer)
    }
}
