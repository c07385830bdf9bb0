internal import CKCMShims

/// HKDF with SHA-256 (RFC 5869): extract, then expand.
public enum HKDFSHA256 {
    /// Derives `count` bytes, 1 to 8,160, from `key`.
    /// - Parameters:
    ///   - salt: of the extract step; where empty, 32 zero bytes as RFC 5869 §2.2 says.
    ///   - info: binds the result to its use, so that two uses of one key never share a derived key.
    /// - Throws: `CryptoError`: `.length`, `.memory`, `.failed`.
    public static func derive(from key: borrowing SecretBytes, salt: [UInt8] = [], info: [UInt8], count: Int) throws -> SecretBytes {
        guard (1...255 * SHA256.digestSize).contains(count) else {
            throw CryptoError(.length, "HKDF with SHA-256 gives 1 to 8160 bytes, not \(count)")
        }
        return try key.withUnsafeBytes { (key) throws in
            try SecretBytes(count: count) { output in
                guard
                    kcm_hkdf_sha256(
                        key.baseAddress, key.count, salt, salt.count, info, info.count, output.baseAddress, output.count
                    ) == 1
                else { throw CryptoError.openSSL("HKDF failed") }
            }
        }
    }
}
