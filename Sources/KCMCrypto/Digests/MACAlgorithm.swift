internal import COpenSSL

/// The message authentication codes that are offered.
public enum MACAlgorithm: Sendable, Hashable {
    /// RFC 2104; a key of any length.
    case hmac(HashAlgorithm)
    /// SP 800-38B.
    case cmac(SymmetricCipher)

    /// Of the longest code, in bytes.
    public static let maximumSize = HashAlgorithm.maximumDigestSize

    /// Of the code, in bytes.
    public var size: Int {
        switch self {
        case .hmac(let hash): hash.digestSize
        case .cmac(let cipher): cipher.blockSize
        }
    }

    /// The code of `bytes` under `key`.
    /// - Throws: `.parameter` for a key that the cipher of a CMAC does not take, `.unsupported`, `.failed`.
    public func authenticate(_ bytes: UnsafeRawBufferPointer, key: borrowing SecretBytes) throws(CryptoError) -> [UInt8] {
        var stream = try MACStream(self, key: key)
        try stream.update(bytes)
        return try stream.finish()
    }

    /// Whether two codes are the same, in constant time; lengths are not secret.
    public static func isEqual(_ code: UnsafeRawBufferPointer, _ other: UnsafeRawBufferPointer) -> Bool {
        code.count == other.count && (code.isEmpty || CRYPTO_memcmp(code.baseAddress, other.baseAddress, code.count) == 0)
    }
}
