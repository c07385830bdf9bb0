internal import COpenSSL

/// A message that is hashed in parts. OpenSSL wipes its state when the stream goes.
///
/// `@unchecked Sendable`: not copyable, and every use is `mutating`, so one owner at a time touches the context.
public struct HashStream: ~Copyable, @unchecked Sendable {
    private let context: OpaquePointer
    public let algorithm: HashAlgorithm

    /// An empty message.
    /// - Throws: `.memory`, `.unsupported`, `.failed`.
    public init(_ algorithm: HashAlgorithm) throws(CryptoError) {
        let digest = try algorithm.fetched()
        guard let context = EVP_MD_CTX_new() else { throw CryptoError(.memory, "no memory for a digest context") }
        guard EVP_DigestInit_ex2(context, digest, nil) == 1 else {
            EVP_MD_CTX_free(context)
            throw .openSSL("the digest did not start")
        }
        self.context = context
        self.algorithm = algorithm
    }

    /// Appends to the message.
    /// - Throws: `.failed`.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) throws(CryptoError) {
        guard EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1 else { throw .openSSL("the digest failed") }
    }

    /// The digest of the message; the stream is done then.
    /// - Throws: `.failed`.
    public mutating func finish() throws(CryptoError) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: algorithm.digestSize)
        guard EVP_DigestFinal_ex(context, &digest, nil) == 1 else { throw .openSSL("the digest failed") }
        return digest
    }

    deinit { EVP_MD_CTX_free(context) }
}
