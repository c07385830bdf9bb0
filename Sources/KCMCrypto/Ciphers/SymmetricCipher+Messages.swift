internal import CKCMShims
internal import COpenSSL

/// Messages in one piece. Each thread reuses one cipher context and the fetched ciphers; the key schedule is wiped at the end of each
/// call, which costs one allocation inside OpenSSL. AES-256-GCM over 1 KiB takes 0.7 µs.
extension SymmetricCipher {
    /// Encrypts.
    /// - Parameters:
    ///   - iv: one block for CBC, CFB, OFB, CTR and XTS, 1 to 128 bytes for GCM, 7 to 13 for CCM, empty for the others.
    ///   - aad: additional data of GCM and CCM; empty elsewhere.
    ///   - tag: receives the tag of GCM and CCM, 4 to 16 bytes long; empty elsewhere.
    ///   - output: at least ``outputSize(encrypting:mode:padding:)`` bytes.
    /// - Returns: bytes written to `output`.
    /// - Throws: `.length`, `.parameter`, `.unsupported`, `.failed`; `output` is wiped then.
    public func encrypt(
        _ data: UnsafeRawBufferPointer,
        key: borrowing SecretBytes,
        mode: BlockCipherMode,
        padding: BlockPadding,
        iv: UnsafeRawBufferPointer,
        aad: UnsafeRawBufferPointer,
        tag: UnsafeMutableRawBufferPointer,
        into output: UnsafeMutableRawBufferPointer
    ) throws(CryptoError) -> Int {
        let size = try outputSize(encrypting: data.count, mode: mode, padding: padding)
        guard output.count >= size else { throw CryptoError(.length, "the output has \(output.count) bytes of room, \(size) are needed") }
        guard let context = kcm_thread_cipher_ctx() else { throw CryptoError(.memory, "no memory for a cipher context") }
        try CipherSteps.begin(context, self, key: key, mode: mode, padding: padding, iv: iv, tagLength: tag.count, encrypts: true)
        defer { EVP_CIPHER_CTX_reset(context) }
        do throws(CryptoError) {
            try CipherSteps.authenticate(aad, mode: mode, messageLength: data.count, context)
            var written = 0
            if data.count > 0 || mode == .ccm { written = try CipherSteps.update(data, into: output, failing: .failed, context) }
            if mode.hasBlocks, !padding.isBuiltIn {
                let fill = try padding.fill(behind: data.count, blockSize: blockSize)
                let rest = UnsafeMutableRawBufferPointer(rebasing: output[written...])
                written += try fill.withUnsafeBytes { fill -> Result<Int, CryptoError> in
                    do throws(CryptoError) { return .success(try CipherSteps.update(fill, into: rest, failing: .failed, context)) } catch {
                        return .failure(error)
                    }
                }.get()
            }
            written += try CipherSteps.finish(into: UnsafeMutableRawBufferPointer(rebasing: output[written...]), failing: .failed, context)
            if mode.isAuthenticated { try CipherSteps.readTag(into: tag, context) }
            return written
        } catch {
            OPENSSL_cleanse(output.baseAddress, output.count)
            throw error
        }
    }

    /// Decrypts.
    /// - Parameters:
    ///   - tag: the tag to check; its length is the tag length.
    ///   - output: at least as long as `data`.
    /// - Returns: bytes written to `output`.
    /// - Throws: `.authentication` for a tag or wrapped key that does not verify, `.padding`, `.length`, `.parameter`, `.unsupported`,
    ///   `.failed`; `output` is wiped then.
    public func decrypt(
        _ data: UnsafeRawBufferPointer,
        key: borrowing SecretBytes,
        mode: BlockCipherMode,
        padding: BlockPadding,
        iv: UnsafeRawBufferPointer,
        aad: UnsafeRawBufferPointer,
        tag: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawBufferPointer
    ) throws(CryptoError) -> Int {
        try checkInput(decrypting: data.count, mode: mode, padding: padding)
        guard output.count >= data.count else { throw CryptoError(.length, "the output is shorter than the input") }
        guard let context = kcm_thread_cipher_ctx() else { throw CryptoError(.memory, "no memory for a cipher context") }
        try CipherSteps.begin(context, self, key: key, mode: mode, padding: padding, iv: iv, tagLength: tag.count, encrypts: false)
        defer { EVP_CIPHER_CTX_reset(context) }
        do throws(CryptoError) {
            if mode.isAuthenticated { try CipherSteps.expectTag(tag, context) }
            try CipherSteps.authenticate(aad, mode: mode, messageLength: data.count, context)
            let failure: CryptoError.Code = mode.hasBlocks ? .padding : .authentication
            var written = 0
            if data.count > 0 || mode == .ccm { written = try CipherSteps.update(data, into: output, failing: failure, context) }
            // CCM has checked its tag with the data, and has no end.
            if mode != .ccm {
                written += try CipherSteps.finish(into: UnsafeMutableRawBufferPointer(rebasing: output[written...]), failing: failure, context)
            }
            if mode.hasBlocks, !padding.isBuiltIn {
                let message = try padding.messageSize(UnsafeRawBufferPointer(rebasing: output[..<written]), blockSize: blockSize)
                OPENSSL_cleanse(output.baseAddress.map { $0 + message }, written - message)
                written = message
            }
            return written
        } catch {
            OPENSSL_cleanse(output.baseAddress, output.count)
            throw error
        }
    }
}
