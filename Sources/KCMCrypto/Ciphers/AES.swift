/// AES (FIPS 197) by its name, for what never uses another cipher. See ``SymmetricCipher``.
public enum AES {
    /// In bytes.
    public static let blockSize = 16

    /// As ``SymmetricCipher/outputSize(encrypting:mode:padding:)``.
    public static func outputSize(encrypting count: Int, mode: BlockCipherMode, padding: BlockPadding) throws(CryptoError) -> Int {
        try SymmetricCipher.aes.outputSize(encrypting: count, mode: mode, padding: padding)
    }

    /// As ``SymmetricCipher/encrypt(_:key:mode:padding:iv:aad:tag:into:)``.
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
        try SymmetricCipher.aes.encrypt(data, key: key, mode: mode, padding: padding, iv: iv, aad: aad, tag: tag, into: output)
    }

    /// As ``SymmetricCipher/decrypt(_:key:mode:padding:iv:aad:tag:into:)``.
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
        try SymmetricCipher.aes.decrypt(data, key: key, mode: mode, padding: padding, iv: iv, aad: aad, tag: tag, into: output)
    }
}
