internal import COpenSSL

/// How a short message becomes as long as an RSA modulus.
public enum EncryptionPadding: Sendable, Hashable {
    /// RSAES-PKCS1-v1_5 (RFC 8017 §7.2): for peers that know nothing better.
    case pkcs1
    /// RSAES-OAEP (RFC 8017 §7.1).
    case oaep(HashAlgorithm, mask: HashAlgorithm, label: [UInt8])
}

extension AsymmetricKey {
    /// Encrypts a message of at most the modulus less the padding: 11 bytes for PKCS #1, two digests and 2 bytes for OAEP.
    /// - Returns: ``modulusSize`` bytes.
    /// - Throws: `.length` for a longer message, `.unsupported` for a key that is not RSA, `.failed`.
    public func encrypt(_ message: UnsafeRawBufferPointer, _ padding: EncryptionPadding) throws(CryptoError) -> [UInt8] {
        let context = try begin(padding, encrypts: true)
        let overhead = if case .oaep(let hash, _, _) = padding { 2 * hash.digestSize + 2 } else { 11 }
        guard message.count <= modulusSize - overhead else {
            throw CryptoError(.length, "the key takes at most \(max(0, modulusSize - overhead)) bytes")
        }
        var none: UInt8 = 0
        var size = modulusSize
        var output = [UInt8](repeating: 0, count: size)
        let done = withUnsafePointer(to: &none) { none in
            EVP_PKEY_encrypt(
                context.pointer, &output, &size, message.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? none, message.count
            )
        }
        guard done == 1 else { throw .openSSL("the encryption failed") }
        output.removeLast(output.count - size)
        return output
    }

    /// Decrypts.
    ///
    /// PKCS #1 tells whether the padding was right, and so does every server that answers with the plaintext: keep such keys from
    /// whoever may not decrypt with them (RFC 8017 §7.2).
    /// - Parameter output: at least ``modulusSize`` bytes.
    /// - Returns: bytes of the message.
    /// - Throws: `.padding` for whatever is wrong with the ciphertext, its length too, `.unsupported` for a key that is not RSA or is
    ///   public; `output` is wiped then.
    public func decrypt(
        _ data: UnsafeRawBufferPointer,
        _ padding: EncryptionPadding,
        into output: UnsafeMutableRawBufferPointer
    ) throws(CryptoError) -> Int {
        guard isPrivate else { throw CryptoError(.unsupported, "a public key does not decrypt") }
        let context = try begin(padding, encrypts: false)
        guard data.count == modulusSize, output.count >= modulusSize else { throw CryptoError(.padding, "the data cannot be decrypted") }
        var size = output.count
        guard
            EVP_PKEY_decrypt(
                context.pointer, output.baseAddress?.assumingMemoryBound(to: UInt8.self), &size,
                data.baseAddress?.assumingMemoryBound(to: UInt8.self), data.count
            ) == 1
        else {
            OPENSSL_cleanse(output.baseAddress, output.count)
            // One text for whatever was wrong: the inner one would say what.
            ERR_clear_error()
            throw CryptoError(.padding, "the data cannot be decrypted")
        }
        return size
    }

    private func begin(_ padding: EncryptionPadding, encrypts: Bool) throws(CryptoError) -> PublicKeyContext {
        guard kind == .rsa else { throw CryptoError(.unsupported, "only RSA keys encrypt") }
        let context = try PublicKeyContext(self)
        try context.require(encrypts ? EVP_PKEY_encrypt_init(context.pointer) : EVP_PKEY_decrypt_init(context.pointer), "the key does not encrypt")
        switch padding {
        case .pkcs1: try context.require(EVP_PKEY_CTX_set_rsa_padding(context.pointer, RSA_PKCS1_PADDING), "no PKCS #1 padding")
        case .oaep(let hash, let mask, let label):
            try context.require(EVP_PKEY_CTX_set_rsa_padding(context.pointer, RSA_PKCS1_OAEP_PADDING), "no OAEP padding")
            try context.require(EVP_PKEY_CTX_set_rsa_oaep_md(context.pointer, hash.fetched()), "the hash does not go with OAEP")
            try context.require(EVP_PKEY_CTX_set_rsa_mgf1_md(context.pointer, mask.fetched()), "the hash does not go with the mask")
            if !label.isEmpty {
                // OpenSSL frees the label with its own allocator.
                guard label.count < Int(Int32.max), let copy = CRYPTO_memdup(label, label.count, nil, 0) else {
                    throw CryptoError(.memory, "no memory for the label")
                }
                guard EVP_PKEY_CTX_set0_rsa_oaep_label(context.pointer, copy, Int32(label.count)) == 1 else {
                    CRYPTO_free(copy, nil, 0)
                    throw .openSSL("the label was not taken", code: .parameter)
                }
            }
        }
        return context
    }
}
