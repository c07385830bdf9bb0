internal import COpenSSL

/// A message that a block cipher works on in parts, in modes that say ``BlockCipherMode/isIncremental``. The key schedule and what is
/// left of the message are wiped when the stream goes.
///
/// A decryption of GCM would give out plaintext before its tag is checked; it is refused here, and callers gather such a message.
///
/// `@unchecked Sendable`: not copyable, and every use is `mutating`, so one owner at a time touches the context.
public struct CipherStream: ~Copyable, @unchecked Sendable {
    private let context: OpaquePointer
    private let cipher: SymmetricCipher
    private let mode: BlockCipherMode
    private let padding: BlockPadding
    private let encrypts: Bool
    private let tagLength: Int

    /// Whether a message may be worked on in parts.
    public static func takes(_ mode: BlockCipherMode, padding: BlockPadding, encrypting encrypts: Bool) -> Bool {
        mode.isIncremental && (!mode.hasBlocks || padding.isBuiltIn) && (encrypts || !mode.isAuthenticated)
    }

    /// Begins a message.
    /// - Parameters:
    ///   - iv: as in ``SymmetricCipher/encrypt(_:key:mode:padding:iv:aad:tag:into:)``.
    ///   - tagLength: of GCM, in bytes; 0 elsewhere.
    /// - Throws: `.unsupported` where ``takes(_:padding:encrypting:)`` says no; `.parameter`, `.memory`, `.failed`.
    public init(
        _ cipher: SymmetricCipher,
        key: borrowing SecretBytes,
        mode: BlockCipherMode,
        padding: BlockPadding,
        iv: [UInt8],
        aad: [UInt8],
        tagLength: Int,
        encrypts: Bool
    ) throws(CryptoError) {
        guard Self.takes(mode, padding: padding, encrypting: encrypts) else {
            throw CryptoError(.unsupported, "the mode does not work on a message in parts")
        }
        guard let context = EVP_CIPHER_CTX_new() else { throw CryptoError(.memory, "no memory for a cipher context") }
        let begun: Result<Void, CryptoError> = iv.withUnsafeBytes { iv in
            aad.withUnsafeBytes { aad in
                do throws(CryptoError) {
                    try CipherSteps.begin(
                        context, cipher, key: key, mode: mode, padding: padding, iv: iv, tagLength: tagLength, encrypts: encrypts
                    )
                    return .success(try CipherSteps.authenticate(aad, mode: mode, messageLength: 0, context))
                } catch { return .failure(error) }
            }
        }
        do throws(CryptoError) { try begun.get() } catch {
            EVP_CIPHER_CTX_free(context)
            throw error
        }
        self.context = context
        self.cipher = cipher
        self.mode = mode
        self.padding = padding
        self.encrypts = encrypts
        self.tagLength = tagLength
    }

    /// Room that ``update(_:into:)`` and ``finish(_:tag:into:)`` need for a part of `count` bytes.
    public func capacity(for count: Int) -> Int { count + 2 * cipher.blockSize }

    /// Works on a part.
    /// - Parameter output: ``capacity(for:)`` bytes of room.
    /// - Returns: bytes written: whole blocks in the modes that have blocks.
    /// - Throws: `.length`, `.failed`; the stream is of no more use then.
    public mutating func update(_ data: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) throws(CryptoError) -> Int {
        guard output.count >= capacity(for: data.count) else { throw CryptoError(.length, "the output is too short") }
        guard data.count > 0 else { return 0 }
        return try CipherSteps.update(data, into: output, failing: .failed, context)
    }

    /// Works on the last part, which may be empty.
    /// - Parameter tag: receives the tag of GCM; empty elsewhere.
    /// - Returns: bytes written.
    /// - Throws: `.length` where the message is no whole number of blocks, `.padding`, `.failed`; `output` is wiped then.
    public mutating func finish(
        _ data: UnsafeRawBufferPointer,
        tag: UnsafeMutableRawBufferPointer,
        into output: UnsafeMutableRawBufferPointer
    ) throws(CryptoError) -> Int {
        do throws(CryptoError) {
            guard tag.count == tagLength else { throw CryptoError(.parameter, "the tag has \(tagLength) bytes") }
            var written = try update(data, into: output)
            let failure: CryptoError.Code = !mode.hasBlocks ? .failed : encrypts || padding == .none ? .length : .padding
            written += try CipherSteps.finish(into: UnsafeMutableRawBufferPointer(rebasing: output[written...]), failing: failure, context)
            if tagLength > 0 { try CipherSteps.readTag(into: tag, context) }
            return written
        } catch {
            OPENSSL_cleanse(output.baseAddress, output.count)
            throw error
        }
    }

    deinit { EVP_CIPHER_CTX_free(context) }
}
