internal import COpenSSL

extension SHA256 {
    /// SHA-256 over bytes that come in pieces. Keeps one OpenSSL context and may be used again after each digest.
    ///
    /// `@unchecked Sendable`: not copyable, and every use is `mutating`, so one owner at a time touches the context.
    public struct Context: ~Copyable, @unchecked Sendable {
        private let context: OpaquePointer

        /// An empty message.
        /// - Throws: `CryptoError` `.memory`.
        public init() throws(CryptoError) {
            context = try Self.begin()
        }

        private static func begin() throws(CryptoError) -> OpaquePointer {
            guard let context = EVP_MD_CTX_new() else { throw CryptoError(.memory, "no memory for a digest context") }
            guard EVP_DigestInit_ex2(context, SHA256.algorithm, nil) == 1 else {
                EVP_MD_CTX_free(context)
                throw .openSSL("SHA-256 did not start")
            }
            return context
        }

        /// Appends to the message.
        public mutating func update(_ bytes: UnsafeRawBufferPointer) {
            guard EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1 else {
                fatalError("SHA-256 is not available from OpenSSL")
            }
        }

        /// Writes the digest of the message to the first 32 bytes of `output` and begins an empty message.
        public mutating func finish(into output: UnsafeMutableRawBufferPointer) {
            precondition(output.count >= SHA256.digestSize, "a SHA-256 digest has 32 bytes")
            guard EVP_DigestFinal_ex(context, output.baseAddress?.assumingMemoryBound(to: UInt8.self), nil) == 1,
                EVP_DigestInit_ex2(context, SHA256.algorithm, nil) == 1
            else { fatalError("SHA-256 is not available from OpenSSL") }
        }

        /// The digest of the message as 32 bytes; begins an empty message.
        public mutating func finish() -> [UInt8] {
            var digest = [UInt8](repeating: 0, count: SHA256.digestSize)
            digest.withUnsafeMutableBytes { finish(into: $0) }
            return digest
        }

        deinit { EVP_MD_CTX_free(context) }
    }
}
