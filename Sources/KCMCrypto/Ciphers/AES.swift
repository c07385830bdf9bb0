internal import CKCMShims
internal import COpenSSL

/// AES with a key of 16, 24 or 32 bytes (FIPS 197). Each thread reuses one cipher context and one fetched cipher; the key schedule is
/// wiped at the end of each call, which costs one allocation inside OpenSSL. GCM over 1 KiB takes 0.7 µs.
public enum AES {
    /// In bytes.
    public static let blockSize = 16

    /// Bytes of ciphertext for `count` bytes of plaintext, without the tag of GCM.
    /// - Throws: `.length` where the mode does not take that many bytes.
    public static func outputSize(encrypting count: Int, mode: BlockCipherMode, padding: BlockPadding) throws(CryptoError) -> Int {
        switch (mode, padding) {
        case (.ctr, _), (.gcm, _): return count
        case (.nistKeyWrap, _):
            guard count >= 16, count % 8 == 0 else { throw CryptoError(.length, "key wrap takes a multiple of 8 bytes, at least 16") }
            return count + 8
        case (_, .pkcs5): return (count / blockSize + 1) * blockSize
        case (_, .none):
            guard count % blockSize == 0 else { throw CryptoError(.length, "without padding the input is whole blocks of 16 bytes") }
            return count
        }
    }

    /// Encrypts.
    /// - Parameters:
    ///   - iv: 16 bytes for CBC and CTR, 1 to 128 for GCM, empty for the others.
    ///   - aad: additional data of GCM; empty elsewhere.
    ///   - tag: receives the tag of GCM, 4 to 16 bytes long; empty elsewhere.
    ///   - output: at least ``outputSize(encrypting:mode:padding:)`` bytes.
    /// - Returns: bytes written to `output`.
    /// - Throws: `.length`, `.parameter`, `.failed`; `output` is wiped then.
    public static func encrypt(
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
        let context = try begin(key, mode: mode, padding: padding, iv: iv, tagLength: tag.count, encrypts: true)
        do throws(CryptoError) {
            try authenticate(aad, mode, context)
            let written = try run(data, context, into: output)
            if mode == .gcm {
                guard EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(tag.count), tag.baseAddress) == 1 else {
                    throw .openSSL("GCM gave no tag")
                }
            }
            EVP_CIPHER_CTX_reset(context)
            return written
        } catch {
            EVP_CIPHER_CTX_reset(context)
            OPENSSL_cleanse(output.baseAddress, output.count)
            throw error
        }
    }

    /// Decrypts.
    /// - Parameters:
    ///   - tag: the tag to check; its length is the tag length.
    ///   - output: at least as long as `data`.
    /// - Returns: bytes written to `output`.
    /// - Throws: `.authentication` for a tag or wrapped key that does not verify, `.padding`, `.length`, `.parameter`, `.failed`;
    ///   `output` is wiped then.
    public static func decrypt(
        _ data: UnsafeRawBufferPointer,
        key: borrowing SecretBytes,
        mode: BlockCipherMode,
        padding: BlockPadding,
        iv: UnsafeRawBufferPointer,
        aad: UnsafeRawBufferPointer,
        tag: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawBufferPointer
    ) throws(CryptoError) -> Int {
        switch mode {
        case .ecb, .cbc:
            guard data.count % blockSize == 0, padding == .none || data.count > 0 else {
                throw CryptoError(.length, "the input is whole blocks of 16 bytes")
            }
        case .nistKeyWrap:
            guard data.count >= 24, data.count % 8 == 0 else {
                throw CryptoError(.length, "a wrapped key is a multiple of 8 bytes, at least 24")
            }
        case .ctr, .gcm: break
        }
        guard output.count >= data.count else { throw CryptoError(.length, "the output is shorter than the input") }
        let context = try begin(key, mode: mode, padding: padding, iv: iv, tagLength: tag.count, encrypts: false)
        do throws(CryptoError) {
            if mode == .gcm {
                // OpenSSL takes the tag as a mutable pointer and does not change it.
                let pointer = UnsafeMutableRawPointer(mutating: tag.baseAddress)
                guard EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(tag.count), pointer) == 1 else {
                    throw .openSSL("GCM took no tag", code: .parameter)
                }
            }
            try authenticate(aad, mode, context)
            let written = try run(data, context, into: output, failing: mode == .ecb || mode == .cbc ? .padding : .authentication)
            EVP_CIPHER_CTX_reset(context)
            return written
        } catch {
            EVP_CIPHER_CTX_reset(context)
            OPENSSL_cleanse(output.baseAddress, output.count)
            throw error
        }
    }

    // MARK: Steps

    private static func begin(
        _ key: borrowing SecretBytes,
        mode: BlockCipherMode,
        padding: BlockPadding,
        iv: UnsafeRawBufferPointer,
        tagLength: Int,
        encrypts: Bool
    ) throws(CryptoError) -> OpaquePointer {
        guard let cipher = CipherTable.cipher(mode, keySize: key.count) else {
            throw CryptoError(.parameter, "an AES key has 16, 24 or 32 bytes, not \(key.count)")
        }
        switch mode {
        case .cbc, .ctr: guard iv.count == blockSize else { throw CryptoError(.parameter, "the IV has 16 bytes, not \(iv.count)") }
        case .gcm:
            guard (1...128).contains(iv.count) else { throw CryptoError(.parameter, "the IV of GCM has 1 to 128 bytes, not \(iv.count)") }
            guard (4...16).contains(tagLength) else { throw CryptoError(.parameter, "the tag of GCM has 4 to 16 bytes, not \(tagLength)") }
        case .ecb, .nistKeyWrap: guard iv.isEmpty else { throw CryptoError(.parameter, "the mode takes no IV") }
        }
        guard let context = kcm_thread_cipher_ctx() else { throw CryptoError(.memory, "no memory for a cipher context") }
        let direction: Int32 = encrypts ? 1 : 0
        let began: Bool = key.withUnsafeBytes { key in
            let keyBytes = key.baseAddress?.assumingMemoryBound(to: UInt8.self)
            let ivBytes = iv.isEmpty ? nil : iv.baseAddress?.assumingMemoryBound(to: UInt8.self)
            if mode == .gcm, iv.count != 12 {
                return EVP_CipherInit_ex2(context, cipher, nil, nil, direction, nil) == 1
                    && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_IVLEN, Int32(iv.count), nil) == 1
                    && EVP_CipherInit_ex2(context, nil, keyBytes, ivBytes, direction, nil) == 1
            }
            if mode == .nistKeyWrap { EVP_CIPHER_CTX_set_flags(context, Int32(EVP_CIPHER_CTX_FLAG_WRAP_ALLOW)) }
            return EVP_CipherInit_ex2(context, cipher, keyBytes, ivBytes, direction, nil) == 1
        }
        guard began, EVP_CIPHER_CTX_set_padding(context, padding == .pkcs5 ? 1 : 0) == 1 else {
            EVP_CIPHER_CTX_reset(context)
            throw .openSSL("the cipher did not start")
        }
        return context
    }

    private static func authenticate(_ aad: UnsafeRawBufferPointer, _ mode: BlockCipherMode, _ context: OpaquePointer) throws(CryptoError) {
        guard mode == .gcm, aad.count > 0 else { return }
        var count: Int32 = 0
        guard EVP_CipherUpdate(context, nil, &count, aad.baseAddress?.assumingMemoryBound(to: UInt8.self), Int32(aad.count)) == 1 else {
            throw .openSSL("the additional data was not taken")
        }
    }

    private static func run(
        _ data: UnsafeRawBufferPointer,
        _ context: OpaquePointer,
        into output: UnsafeMutableRawBufferPointer,
        failing code: CryptoError.Code = .failed
    ) throws(CryptoError) -> Int {
        // Every caller's frame limit is far below this; the check keeps the conversion below from trapping.
        guard data.count < Int(Int32.max) - 64 else { throw CryptoError(.length, "the input is over 2 GiB") }
        // OpenSSL wants a pointer even where no byte is written.
        var none: (UInt64, UInt64) = (0, 0)
        return try withUnsafeMutableBytes(of: &none) { none -> Result<Int, CryptoError> in
            let target = (output.baseAddress ?? none.baseAddress)?.assumingMemoryBound(to: UInt8.self)
            var written: Int32 = 0
            var last: Int32 = 0
            if data.count > 0 {
                guard EVP_CipherUpdate(context, target, &written, data.baseAddress?.assumingMemoryBound(to: UInt8.self), Int32(data.count)) == 1
                else { return .failure(.openSSL("the cipher refused the data", code: code)) }
            }
            guard EVP_CipherFinal_ex(context, target?.advanced(by: Int(written)), &last) == 1 else {
                return .failure(.openSSL("the cipher refused the end of the data", code: code))
            }
            return .success(Int(written + last))
        }.get()
    }
}

/// Ciphers fetched once, since a look-up by name costs a third of an encryption of 1 KiB.
private enum CipherTable {
    private struct Fetched: @unchecked Sendable {
        // OpenSSL's fetched ciphers are immutable and reference counted; this table holds its reference for good.
        let cipher: OpaquePointer?
        init(_ name: String) { cipher = EVP_CIPHER_fetch(nil, name, nil) }
    }

    private static let table: [[Fetched]] = ["ECB", "CBC", "CTR", "GCM", "WRAP"].map { mode in
        ["128", "192", "256"].map { Fetched("AES-\($0)-\(mode)") }
    }

    static func cipher(_ mode: BlockCipherMode, keySize: Int) -> OpaquePointer? {
        let row =
            switch mode {
            case .ecb: 0
            case .cbc: 1
            case .ctr: 2
            case .gcm: 3
            case .nistKeyWrap: 4
            }
        return switch keySize {
        case 16: table[row][0].cipher
        case 24: table[row][1].cipher
        case 32: table[row][2].cipher
        default: nil
        }
    }
}
