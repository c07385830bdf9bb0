internal import CKCMShims
internal import COpenSSL

/// SHA-256 (FIPS 180-4).
public enum SHA256 {
    /// In bytes.
    public static let digestSize = 32

    // Fetched once: looking an algorithm up costs more than hashing a line. OpenSSL's objects are immutable and reference counted,
    // so sharing the pointer among threads is safe.
    nonisolated(unsafe) static let algorithm: OpaquePointer? = EVP_MD_fetch(nil, "SHA2-256", nil)

    /// The digest of `bytes`.
    public static func hash(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: digestSize) { output, count in
            hash(bytes, into: UnsafeMutableRawBufferPointer(output))
            count = digestSize
        }
    }

    /// Writes the digest of `bytes` to the first 32 bytes of `output`. No allocation.
    public static func hash(_ bytes: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) {
        let context = kcm_thread_digest_ctx()
        guard let context, let target = output.baseAddress, output.count >= digestSize,
            EVP_DigestInit_ex2(context, algorithm, nil) == 1, EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1,
            EVP_DigestFinal_ex(context, target.assumingMemoryBound(to: UInt8.self), nil) == 1
        else {
            // OpenSSL without SHA-256, or out of memory in the middle of it: there is no digest to go on with.
            fatalError("SHA-256 is not available from OpenSSL")
        }
    }
}
