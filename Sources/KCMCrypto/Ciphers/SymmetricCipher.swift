/// The block ciphers that are offered.
public enum SymmetricCipher: Sendable, Hashable {
    /// FIPS 197; keys of 16, 24 or 32 bytes, for XTS of 32 or 64.
    case aes
    /// SP 800-67; keys of 16 bytes (two keys, K1 K2 K1) or 24 bytes (three keys), parity bits included and not checked.
    case tripleDES

    /// In bytes.
    public var blockSize: Int {
        switch self {
        case .aes: 16
        case .tripleDES: 8
        }
    }

    /// Bytes of ciphertext for `count` bytes of plaintext, without the tag of an authenticated mode.
    /// - Throws: `.length` where the mode does not take that many bytes.
    public func outputSize(encrypting count: Int, mode: BlockCipherMode, padding: BlockPadding) throws(CryptoError) -> Int {
        switch mode {
        case .ctr, .gcm, .cfb, .ofb, .ccm: return count
        case .xts:
            guard count >= blockSize else { throw CryptoError(.length, "XTS takes at least one block of 16 bytes") }
            return count
        case .nistKeyWrap:
            guard count >= 16, count % 8 == 0 else { throw CryptoError(.length, "key wrap takes a multiple of 8 bytes, at least 16") }
            return count + 8
        case .keyWrapPadding:
            guard count >= 1 else { throw CryptoError(.length, "key wrap takes at least one byte") }
            return (count + 7) / 8 * 8 + 8
        case .ecb, .cbc: return try padding.paddedSize(count, blockSize: blockSize)
        }
    }

    /// Checks the length of a ciphertext.
    /// - Throws: `.length`.
    func checkInput(decrypting count: Int, mode: BlockCipherMode, padding: BlockPadding) throws(CryptoError) {
        switch mode {
        case .ecb, .cbc:
            guard count % blockSize == 0, padding == .none || padding == .zeros || count > 0 else {
                throw CryptoError(.length, "the input is whole blocks of \(blockSize) bytes")
            }
        case .nistKeyWrap:
            guard count >= 24, count % 8 == 0 else { throw CryptoError(.length, "a wrapped key is a multiple of 8 bytes, at least 24") }
        case .keyWrapPadding:
            guard count >= 16, count % 8 == 0 else { throw CryptoError(.length, "a wrapped key is a multiple of 8 bytes, at least 16") }
        case .xts: guard count >= blockSize else { throw CryptoError(.length, "XTS takes at least one block of 16 bytes") }
        case .ctr, .gcm, .cfb, .ofb, .ccm: break
        }
    }

    /// Checks the lengths of IV and tag.
    /// - Throws: `.parameter`.
    func checkParameters(mode: BlockCipherMode, ivLength: Int, tagLength: Int) throws(CryptoError) {
        switch mode {
        case .cbc, .ctr, .cfb, .ofb, .xts:
            guard ivLength == blockSize else { throw CryptoError(.parameter, "the IV has \(blockSize) bytes, not \(ivLength)") }
        case .gcm:
            guard (1...128).contains(ivLength) else { throw CryptoError(.parameter, "the IV of GCM has 1 to 128 bytes, not \(ivLength)") }
            guard (4...16).contains(tagLength) else { throw CryptoError(.parameter, "the tag of GCM has 4 to 16 bytes, not \(tagLength)") }
        case .ccm:
            guard (7...13).contains(ivLength) else { throw CryptoError(.parameter, "the nonce of CCM has 7 to 13 bytes, not \(ivLength)") }
            guard (4...16).contains(tagLength), tagLength % 2 == 0 else {
                throw CryptoError(.parameter, "the tag of CCM has an even number of 4 to 16 bytes, not \(tagLength)")
            }
        case .ecb, .nistKeyWrap, .keyWrapPadding: guard ivLength == 0 else { throw CryptoError(.parameter, "the mode takes no IV") }
        }
    }
}
