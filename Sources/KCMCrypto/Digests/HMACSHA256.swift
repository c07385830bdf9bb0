internal import COpenSSL

/// HMAC with SHA-256 (RFC 2104).
public enum HMACSHA256 {
    /// The authentication code of `bytes` under `key`: 32 bytes.
    /// - Throws: `CryptoError`.
    public static func authenticate(_ bytes: UnsafeRawBufferPointer, key: borrowing SecretBytes) throws(CryptoError) -> [UInt8] {
        let code: [UInt8]? = key.withUnsafeBytes { key in
            var size = 0
            let code = [UInt8](unsafeUninitializedCapacity: SHA256.digestSize) { output, count in
                let result = EVP_Q_mac(
                    nil, "HMAC", nil, "SHA256", nil, key.baseAddress, key.count,
                    bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count, output.baseAddress, output.count, &size
                )
                count = result == nil ? 0 : size
            }
            return code.count == SHA256.digestSize ? code : nil
        }
        guard let code else { throw .openSSL("HMAC failed") }
        return code
    }
}
