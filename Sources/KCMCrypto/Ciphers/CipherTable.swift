internal import COpenSSL

/// Ciphers fetched once, since a look-up by name costs a third of an encryption of 1 KiB.
enum CipherTable {
    private struct Fetched: @unchecked Sendable {
        // OpenSSL's fetched ciphers are immutable and reference counted; this table holds its reference for good.
        let cipher: OpaquePointer?
        init(_ name: String?) { cipher = name.flatMap { EVP_CIPHER_fetch(nil, $0, nil) } }
    }

    /// One row a mode, one column a key size.
    private static let aes: [[Fetched]] = BlockCipherMode.allCases.map { mode in
        ["128", "192", "256"].map { Fetched("AES-\($0)-\(name(mode))") }
    }
    private static let tripleDES: [[Fetched]] = BlockCipherMode.allCases.map { mode in
        switch mode {
        case .ecb, .cbc, .cfb, .ofb: ["DES-EDE", "DES-EDE3"].map { Fetched("\($0)-\(name(mode))") }
        default: [Fetched(nil), Fetched(nil)]
        }
    }

    private static func name(_ mode: BlockCipherMode) -> String {
        switch mode {
        case .ecb: "ECB"
        case .cbc: "CBC"
        case .ctr: "CTR"
        case .gcm: "GCM"
        case .nistKeyWrap: "WRAP"
        case .cfb: "CFB"
        case .ofb: "OFB"
        case .ccm: "CCM"
        case .xts: "XTS"
        case .keyWrapPadding: "WRAP-PAD"
        }
    }

    /// The cipher for keys of `keySize` bytes.
    /// - Throws: `.parameter` for a key size that the algorithm lacks, `.unsupported` for a mode that it lacks.
    static func cipher(_ algorithm: SymmetricCipher, _ mode: BlockCipherMode, keySize: Int) throws(CryptoError) -> OpaquePointer {
        let found: OpaquePointer?
        switch (algorithm, mode == .xts ? keySize / 2 : keySize) {
        case (.aes, 16): found = aes[mode.rawValue][0].cipher
        case (.aes, 24): found = aes[mode.rawValue][1].cipher
        case (.aes, 32): found = aes[mode.rawValue][2].cipher
        case (.aes, _): throw CryptoError(.parameter, "the mode takes no AES key of \(keySize) bytes")
        case (.tripleDES, 16): found = tripleDES[mode.rawValue][0].cipher
        case (.tripleDES, 24): found = tripleDES[mode.rawValue][1].cipher
        case (.tripleDES, _): throw CryptoError(.parameter, "a 3DES key has 16 or 24 bytes, not \(keySize)")
        }
        guard let found else { throw CryptoError(.unsupported, "the cipher has no such mode") }
        return found
    }
}
