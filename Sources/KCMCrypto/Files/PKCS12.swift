internal import CKCMShims
internal import COpenSSL

/// PKCS #12 files (RFC 7292): a key with its certificates under a password; AES-256-CBC with PBKDF2, authenticated with SHA-256.
public enum PKCS12 {
    /// Makes a PFX.
    /// - Parameters:
    ///   - password: as UTF-8, without NUL.
    ///   - chain: further certificates, in the order in which they are to stand.
    ///   - friendlyName: of the key and its certificate.
    /// - Throws: `CryptoError`: `.parameter` for a password with a NUL, or a key that is not the certificate's; `.failed`, `.memory`.
    public static func make(
        password: borrowing SecretBytes,
        key: AsymmetricKey,
        certificate: Certificate?,
        chain: [Certificate],
        friendlyName: String?
    ) throws -> SecretBytes {
        // OpenSSL wants a C string.
        let terminated = try password.withUnsafeBytes { (password) throws in
            guard !password.contains(0) else { throw CryptoError(.parameter, "a password of a PKCS #12 file holds no NUL") }
            return try SecretBytes(count: password.count + 1) { $0.copyMemory(from: password) }
        }
        var der: UnsafeMutablePointer<UInt8>?
        let others: [OpaquePointer?] = chain.map(\.pointer)
        let size = terminated.withUnsafeBytes { password in
            kcm_pkcs12(
                password.baseAddress?.assumingMemoryBound(to: CChar.self), friendlyName, key.pointer, certificate?.pointer, others,
                others.count, &der
            )
        }
        guard size > 0, let der else { throw CryptoError.openSSL("the PKCS #12 file could not be made", code: .parameter) }
        defer { CRYPTO_clear_free(der, Int(size), nil, 0) }
        return try SecretBytes(copying: UnsafeRawBufferPointer(start: der, count: Int(size)))
    }
}
