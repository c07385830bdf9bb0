internal import COpenSSL

/// What a run of a cipher consists of; shared by messages in one piece and messages in parts. The context is the caller's.
enum CipherSteps {
    /// Starts an encryption or decryption. The context is reset where it fails.
    static func begin(
        _ context: OpaquePointer,
        _ algorithm: SymmetricCipher,
        key: borrowing SecretBytes,
        mode: BlockCipherMode,
        padding: BlockPadding,
        iv: UnsafeRawBufferPointer,
        tagLength: Int,
        encrypts: Bool
    ) throws(CryptoError) {
        let cipher = try CipherTable.cipher(algorithm, mode, keySize: key.count)
        try algorithm.checkParameters(mode: mode, ivLength: iv.count, tagLength: tagLength)
        let direction: Int32 = encrypts ? 1 : 0
        let began: Bool = key.withUnsafeBytes { key in
            let keyBytes = key.baseAddress?.assumingMemoryBound(to: UInt8.self)
            let ivBytes = iv.isEmpty ? nil : iv.baseAddress?.assumingMemoryBound(to: UInt8.self)
            if mode.isAuthenticated, iv.count != 12 || mode == .ccm {
                guard EVP_CipherInit_ex2(context, cipher, nil, nil, direction, nil) == 1,
                    EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_IVLEN, Int32(iv.count), nil) == 1
                else { return false }
                // CCM works the tag's length into the first block, so it is needed before the key and the nonce.
                if mode == .ccm, EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(tagLength), nil) != 1 { return false }
                return EVP_CipherInit_ex2(context, nil, keyBytes, ivBytes, direction, nil) == 1
            }
            if mode == .nistKeyWrap || mode == .keyWrapPadding { EVP_CIPHER_CTX_set_flags(context, Int32(EVP_CIPHER_CTX_FLAG_WRAP_ALLOW)) }
            return EVP_CipherInit_ex2(context, cipher, keyBytes, ivBytes, direction, nil) == 1
        }
        guard began, EVP_CIPHER_CTX_set_padding(context, padding == .pkcs5 ? 1 : 0) == 1 else {
            EVP_CIPHER_CTX_reset(context)
            throw .openSSL("the cipher did not start")
        }
    }

    /// States the tag that a decryption checks at its end.
    static func expectTag(_ tag: UnsafeRawBufferPointer, _ context: OpaquePointer) throws(CryptoError) {
        // OpenSSL takes the tag as a mutable pointer and does not change it.
        let pointer = UnsafeMutableRawPointer(mutating: tag.baseAddress)
        guard EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(tag.count), pointer) == 1 else {
            throw .openSSL("the cipher took no tag", code: .parameter)
        }
    }

    /// Writes the tag of a finished encryption.
    static func readTag(into tag: UnsafeMutableRawBufferPointer, _ context: OpaquePointer) throws(CryptoError) {
        guard EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(tag.count), tag.baseAddress) == 1 else {
            throw .openSSL("the cipher gave no tag")
        }
    }

    /// Gives an authenticated mode its additional data.
    /// - Parameter messageLength: the message's bytes, which CCM has to know beforehand.
    static func authenticate(
        _ aad: UnsafeRawBufferPointer,
        mode: BlockCipherMode,
        messageLength: Int,
        _ context: OpaquePointer
    ) throws(CryptoError) {
        var count: Int32 = 0
        if mode == .ccm {
            guard EVP_CipherUpdate(context, nil, &count, nil, try length(messageLength)) == 1 else {
                throw .openSSL("the nonce leaves no room for a message of this length", code: .length)
            }
        }
        guard mode.isAuthenticated, aad.count > 0 else { return }
        guard EVP_CipherUpdate(context, nil, &count, aad.baseAddress?.assumingMemoryBound(to: UInt8.self), try length(aad.count)) == 1 else {
            throw .openSSL("the additional data was not taken")
        }
    }

    /// Works on a part of the message.
    /// - Parameter output: room for `data` and one block more.
    /// - Returns: bytes written.
    static func update(
        _ data: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawBufferPointer,
        failing code: CryptoError.Code,
        _ context: OpaquePointer
    ) throws(CryptoError) -> Int {
        let count = try length(data.count)
        // OpenSSL wants pointers even where there are no bytes.
        var none: (UInt64, UInt64) = (0, 0)
        return try withUnsafeMutableBytes(of: &none) { none -> Result<Int, CryptoError> in
            let source = data.baseAddress ?? UnsafeRawPointer(none.baseAddress)
            var written: Int32 = 0
            guard
                EVP_CipherUpdate(
                    context, (output.baseAddress ?? none.baseAddress)?.assumingMemoryBound(to: UInt8.self), &written,
                    source?.assumingMemoryBound(to: UInt8.self), count
                ) == 1
            else { return .failure(.openSSL("the cipher refused the data", code: code)) }
            return .success(Int(written))
        }.get()
    }

    /// Ends the message.
    /// - Parameter output: room for one block, where the mode pads.
    /// - Returns: bytes written.
    static func finish(
        into output: UnsafeMutableRawBufferPointer,
        failing code: CryptoError.Code,
        _ context: OpaquePointer
    ) throws(CryptoError) -> Int {
        var none: (UInt64, UInt64) = (0, 0)
        return try withUnsafeMutableBytes(of: &none) { none -> Result<Int, CryptoError> in
            var written: Int32 = 0
            let target = (output.isEmpty ? none.baseAddress : output.baseAddress)?.assumingMemoryBound(to: UInt8.self)
            guard EVP_CipherFinal_ex(context, target, &written) == 1 else {
                return .failure(.openSSL("the cipher refused the end of the data", code: code))
            }
            return .success(Int(written))
        }.get()
    }

    /// Every caller's frame limit is far below this; the check keeps the conversion from trapping.
    private static func length(_ count: Int) throws(CryptoError) -> Int32 {
        guard count < Int(Int32.max) - 64 else { throw CryptoError(.length, "the input is over 2 GiB") }
        return Int32(count)
    }
}
