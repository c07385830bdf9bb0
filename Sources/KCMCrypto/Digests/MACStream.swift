internal import CKCMShims
internal import COpenSSL

/// A message that is authenticated in parts. OpenSSL wipes key and state when the stream goes.
///
/// `@unchecked Sendable`: not copyable, and every use is `mutating`, so one owner at a time touches the context.
public struct MACStream: ~Copyable, @unchecked Sendable {
    private let context: OpaquePointer
    public let algorithm: MACAlgorithm

    /// An empty message.
    /// - Throws: `.parameter` for a key that the cipher of a CMAC does not take, `.unsupported`, `.failed`.
    public init(_ algorithm: MACAlgorithm, key: borrowing SecretBytes) throws(CryptoError) {
        let name: String
        switch algorithm {
        case .hmac(let hash): name = hash.name
        case .cmac(let cipher):
            // OpenSSL wants the cipher by name; the table has said whether it takes the key.
            _ = try CipherTable.cipher(cipher, .cbc, keySize: key.count)
            switch cipher {
            case .aes: name = "AES-\(key.count * 8)-CBC"
            case .tripleDES: name = key.count == 16 ? "DES-EDE-CBC" : "DES-EDE3-CBC"
            }
        }
        let isHMAC = if case .hmac = algorithm { true } else { false }
        let context = key.withUnsafeBytes { kcm_mac_begin(isHMAC ? 1 : 0, name, $0.baseAddress, $0.count) }
        guard let context else { throw .openSSL("the MAC did not start", code: .unsupported) }
        self.context = context
        self.algorithm = algorithm
    }

    /// Appends to the message.
    /// - Throws: `.failed`.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) throws(CryptoError) {
        guard bytes.count > 0 else { return }
        guard EVP_MAC_update(context, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count) == 1 else {
            throw .openSSL("the MAC failed")
        }
    }

    /// The code of the message; the stream is done then.
    /// - Throws: `.failed`.
    public mutating func finish() throws(CryptoError) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: algorithm.size)
        var size = 0
        guard EVP_MAC_final(context, &code, &size, code.count) == 1, size == code.count else { throw .openSSL("the MAC failed") }
        return code
    }

    deinit { EVP_MAC_CTX_free(context) }
}
