internal import CKCMShims
internal import COpenSSL

/// Keys out of keys and passwords, in the ways that KMIP 1.4 §4.6 names. Every function gives exactly `count` bytes, in locked memory.
public enum KeyDerivation {
    /// The most bytes that are derived at once.
    public static let maximumCount = 65_536

    /// PBKDF2 (RFC 8018 §5.2) with an HMAC.
    /// - Parameters:
    ///   - iterations: at least 1. 600,000 with SHA-256 take about 0.2 s: not on an event loop.
    /// - Throws: `.parameter`, `.length`, `.unsupported`, `.failed`, `.memory`.
    public static func pbkdf2(
        _ password: borrowing SecretBytes,
        salt: UnsafeRawBufferPointer,
        iterations: Int,
        hash: HashAlgorithm,
        count: Int
    ) throws -> SecretBytes {
        try check(count)
        guard (1...Int(Int32.max)).contains(iterations) else { throw CryptoError(.parameter, "PBKDF2 takes at least one iteration") }
        let digest = try hash.fetched()
        return try password.withUnsafeBytes { (password) throws in
            try SecretBytes(count: count) { output in
                guard
                    PKCS5_PBKDF2_HMAC(
                        password.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(clamping: password.count),
                        salt.baseAddress?.assumingMemoryBound(to: UInt8.self), Int32(clamping: salt.count), Int32(iterations), digest,
                        Int32(count), output.baseAddress?.assumingMemoryBound(to: UInt8.self)
                    ) == 1
                else { throw CryptoError.openSSL("PBKDF2 failed") }
            }
        }
    }

    /// The first bytes of a hash.
    /// - Throws: `.length` where the digest is shorter than `count`.
    public static func hash(_ data: UnsafeRawBufferPointer, _ hash: HashAlgorithm, count: Int) throws -> SecretBytes {
        let whole = try SecretBytes(count: hash.digestSize) { try hash.hash(data, into: $0) }
        return try whole.prefix(count)
    }

    /// The first bytes of a message authentication code of `data`.
    /// - Throws: `.length` where the code is shorter than `count`; `.parameter`, `.unsupported`, `.failed`, `.memory`.
    public static func mac(_ data: UnsafeRawBufferPointer, key: borrowing SecretBytes, _ mac: MACAlgorithm, count: Int) throws -> SecretBytes {
        let whole = try key.withUnsafeBytes { (key) throws in
            try SecretBytes(count: mac.size) { try code(of: data, key: key, mac, into: $0) }
        }
        return try whole.prefix(count)
    }

    /// A key derivation function of SP 800-108. The counter has 32 bits and stands before the fixed data, which is used as it is.
    public enum Mode: Sendable, Hashable {
        /// §4.1: K(i) = PRF(K, i ‖ fixed).
        case counter
        /// §4.2: K(i) = PRF(K, K(i-1) ‖ i ‖ fixed), K(0) is the IV.
        case feedback(iv: [UInt8])
        /// §4.3: A(0) = fixed, A(i) = PRF(K, A(i-1)), K(i) = PRF(K, A(i) ‖ i ‖ fixed).
        case doublePipeline
    }

    /// Derives with SP 800-108.
    /// - Parameter fixed: label, separator, context and length as the caller has put them together.
    /// - Throws: `.length`, `.parameter`, `.unsupported`, `.failed`, `.memory`.
    public static func sp800_108(
        _ mode: Mode,
        key: borrowing SecretBytes,
        fixed: UnsafeRawBufferPointer,
        prf: MACAlgorithm,
        count: Int
    ) throws -> SecretBytes {
        try check(count)
        switch mode {
        case .counter: return try kbkdf(feedback: nil, key: key, fixed: fixed, prf: prf, count: count)
        case .feedback(let iv): return try kbkdf(feedback: iv, key: key, fixed: fixed, prf: prf, count: count)
        case .doublePipeline: return try doublePipeline(key: key, fixed: fixed, prf: prf, count: count)
        }
    }

    private static func kbkdf(
        feedback iv: [UInt8]?,
        key: borrowing SecretBytes,
        fixed: UnsafeRawBufferPointer,
        prf: MACAlgorithm,
        count: Int
    ) throws -> SecretBytes {
        let (isHMAC, name) = try prf.openSSLName(keySize: key.count)
        return try key.withUnsafeBytes { (key) throws in
            try SecretBytes(count: count) { output in
                guard
                    kcm_kbkdf(
                        iv == nil ? 0 : 1, isHMAC ? 1 : 0, name, key.baseAddress, key.count, fixed.baseAddress, fixed.count, iv ?? [],
                        iv?.count ?? 0, output.baseAddress, output.count
                    ) == 1
                else { throw CryptoError.openSSL("the derivation failed") }
            }
        }
    }

    /// OpenSSL's KBKDF does not have this mode; its PRF is OpenSSL's.
    private static func doublePipeline(
        key: borrowing SecretBytes,
        fixed: UnsafeRawBufferPointer,
        prf: MACAlgorithm,
        count: Int
    ) throws -> SecretBytes {
        let size = prf.size
        // A(i) ‖ i ‖ fixed, and room for what the PRF gives.
        let messageSize = size + 4 + fixed.count
        var done = 0
        return try key.withUnsafeBytes { (key) throws in
            try SecretBytes(count: count) { output in
                _ = try SecretBytes(count: messageSize + size) { scratch in
                    let message = UnsafeMutableRawBufferPointer(rebasing: scratch[..<messageSize])
                    let next = UnsafeMutableRawBufferPointer(rebasing: scratch[messageSize...])
                    UnsafeMutableRawBufferPointer(rebasing: message[(size + 4)...]).copyMemory(from: fixed)
                    var index: UInt32 = 1
                    while done < count {
                        // A(0) is the fixed data alone.
                        try code(of: index == 1 ? fixed : UnsafeRawBufferPointer(rebasing: message[..<size]), key: key, prf, into: next)
                        message.copyMemory(from: UnsafeRawBufferPointer(next))
                        message.storeBytes(of: index.bigEndian, toByteOffset: size, as: UInt32.self)
                        try code(of: UnsafeRawBufferPointer(message), key: key, prf, into: next)
                        let taken = min(size, count - done)
                        UnsafeMutableRawBufferPointer(rebasing: output[done...])
                            .copyMemory(from: UnsafeRawBufferPointer(rebasing: next[..<taken]))
                        done += taken
                        index += 1
                    }
                }
            }
        }
    }

    /// Writes a code to the first bytes of `output`.
    private static func code(
        of data: UnsafeRawBufferPointer,
        key: UnsafeRawBufferPointer,
        _ mac: MACAlgorithm,
        into output: UnsafeMutableRawBufferPointer
    ) throws(CryptoError) {
        let (isHMAC, name) = try mac.openSSLName(keySize: key.count)
        var size = 0
        let result = EVP_Q_mac(
            nil, isHMAC ? "HMAC" : "CMAC", nil, name, nil, key.baseAddress, key.count,
            data.baseAddress?.assumingMemoryBound(to: UInt8.self), data.count,
            output.baseAddress?.assumingMemoryBound(to: UInt8.self), output.count, &size
        )
        guard result != nil, size == mac.size else { throw .openSSL("the code could not be made") }
    }

    private static func check(_ count: Int) throws(CryptoError) {
        guard (1...maximumCount).contains(count) else { throw CryptoError(.length, "1 to \(maximumCount) bytes are derived, not \(count)") }
    }
}

extension SecretBytes {
    /// The first bytes.
    /// - Throws: `CryptoError` `.length` where there are fewer, or none are asked for.
    public borrowing func prefix(_ count: Int) throws -> SecretBytes {
        guard (1...max(1, self.count)).contains(count), count <= self.count else {
            throw CryptoError(.length, "\(self.count) bytes are there, \(count) are asked for")
        }
        return try withUnsafeBytes { (bytes) throws in try SecretBytes(copying: UnsafeRawBufferPointer(rebasing: bytes[..<count])) }
    }

    /// Wipes memory that held secrets on their way into or out of locked memory.
    public static func wipe(_ bytes: UnsafeMutableRawBufferPointer) { OPENSSL_cleanse(bytes.baseAddress, bytes.count) }
}

extension MACAlgorithm {
    /// Whether it is an HMAC, and OpenSSL's name of its digest or cipher.
    /// - Throws: `.parameter` for a key that the cipher of a CMAC does not take.
    fileprivate func openSSLName(keySize: Int) throws(CryptoError) -> (isHMAC: Bool, name: String) {
        switch self {
        case .hmac(let hash): return (true, hash.name)
        case .cmac(let cipher):
            _ = try CipherTable.cipher(cipher, .cbc, keySize: keySize)
            switch cipher {
            case .aes: return (false, "AES-\(keySize * 8)-CBC")
            case .tripleDES: return (false, keySize == 16 ? "DES-EDE-CBC" : "DES-EDE3-CBC")
            }
        }
    }
}
