internal import CKCMShims
internal import COpenSSL

/// The hashes that are offered: those of KMIP 1.4 §9.1.3.2.16 that OpenSSL has. MD5 and SHA-1 serve what exists already.
public enum HashAlgorithm: Int, Sendable, Hashable, CaseIterable {
    case md5, sha1, sha224, sha256, sha384, sha512, ripemd160, sha512_224, sha512_256, sha3_224, sha3_256, sha3_384, sha3_512

    /// Of the longest digest, in bytes.
    public static let maximumDigestSize = 64

    /// Of the digest, in bytes.
    public var digestSize: Int {
        switch self {
        case .md5: 16
        case .sha1, .ripemd160: 20
        case .sha224, .sha512_224, .sha3_224: 28
        case .sha256, .sha512_256, .sha3_256: 32
        case .sha384, .sha3_384: 48
        case .sha512, .sha3_512: 64
        }
    }

    /// OpenSSL's name.
    var name: String {
        switch self {
        case .md5: "MD5"
        case .sha1: "SHA1"
        case .sha224: "SHA2-224"
        case .sha256: "SHA2-256"
        case .sha384: "SHA2-384"
        case .sha512: "SHA2-512"
        case .ripemd160: "RIPEMD-160"
        case .sha512_224: "SHA2-512/224"
        case .sha512_256: "SHA2-512/256"
        case .sha3_224: "SHA3-224"
        case .sha3_256: "SHA3-256"
        case .sha3_384: "SHA3-384"
        case .sha3_512: "SHA3-512"
        }
    }

    private struct Fetched: @unchecked Sendable {
        // OpenSSL's fetched digests are immutable and reference counted; the table holds its reference for good.
        let digest: OpaquePointer?
    }

    private static let table = allCases.map { Fetched(digest: EVP_MD_fetch(nil, $0.name, nil)) }

    /// The digest as OpenSSL has it.
    /// - Throws: `.unsupported` where the provider that is loaded lacks it.
    func fetched() throws(CryptoError) -> OpaquePointer {
        guard let digest = Self.table[rawValue].digest else { throw CryptoError(.unsupported, "OpenSSL offers no \(name)") }
        return digest
    }

    /// Writes the digest of `bytes` to the first ``digestSize`` bytes of `output`. Any thread; no allocation.
    /// - Throws: `.length` where `output` is too short, `.unsupported`, `.failed`.
    public func hash(_ bytes: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) throws(CryptoError) {
        guard output.count >= digestSize, let target = output.baseAddress else { throw CryptoError(.length, "the output is too short") }
        let digest = try fetched()
        guard let context = kcm_thread_digest_ctx(), EVP_DigestInit_ex2(context, digest, nil) == 1,
            EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1,
            EVP_DigestFinal_ex(context, target.assumingMemoryBound(to: UInt8.self), nil) == 1
        else { throw .openSSL("the digest failed") }
    }

    /// The digest of `bytes`.
    /// - Throws: `.unsupported`, `.failed`.
    public func hash(_ bytes: UnsafeRawBufferPointer) throws(CryptoError) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: digestSize)
        let done: Result<Void, CryptoError> = digest.withUnsafeMutableBytes { output in
            do throws(CryptoError) { return .success(try hash(bytes, into: output)) } catch { return .failure(error) }
        }
        try done.get()
        return digest
    }
}
