internal import COpenSSL

/// How the last block of ECB and CBC is filled. Other modes need no padding.
public enum BlockPadding: Sendable, Hashable {
    /// Whole blocks only.
    case none
    /// RFC 8018 §6.1.1, as PKCS #7 has it for blocks of any size.
    case pkcs5
    /// Zeros up to the end of the block, none behind a whole one. Decryption takes zeros off the last block, those of the message
    /// included: for messages that do not end in zero.
    case zeros
    /// Zeros, and in the last byte how many bytes were added.
    case ansiX9_23
    /// Random bytes, and in the last byte how many bytes were added.
    case iso10126
    /// Random bytes, and in the last byte how many bytes were added before it (SSL 3.0, RFC 6101 §5.2.3.2).
    case ssl3

    /// Whether OpenSSL's ciphers do it themselves, and so in parts.
    var isBuiltIn: Bool { self == .none || self == .pkcs5 }

    /// Bytes after padding `count` bytes.
    func paddedSize(_ count: Int, blockSize: Int) throws(CryptoError) -> Int {
        switch self {
        case .none:
            guard count % blockSize == 0 else { throw CryptoError(.length, "without padding the input is whole blocks of \(blockSize) bytes") }
            return count
        case .zeros: return (count + blockSize - 1) / blockSize * blockSize
        case .pkcs5, .ansiX9_23, .iso10126, .ssl3: return (count / blockSize + 1) * blockSize
        }
    }

    /// The bytes that fill `count` bytes up; only for what ``isBuiltIn`` says no to.
    func fill(behind count: Int, blockSize: Int) throws(CryptoError) -> [UInt8] {
        let room = blockSize - count % blockSize
        switch self {
        case .none, .pkcs5: return []
        case .zeros: return [UInt8](repeating: 0, count: room % blockSize)
        case .ansiX9_23: return [UInt8](repeating: 0, count: room - 1) + [UInt8(room)]
        case .iso10126: return try Random.bytes(room - 1) + [UInt8(room)]
        case .ssl3: return try Random.bytes(room - 1) + [UInt8(room - 1)]
        }
    }

    /// How many of the decrypted bytes are the message; only for what ``isBuiltIn`` says no to.
    /// - Throws: `.padding`.
    func messageSize(_ bytes: UnsafeRawBufferPointer, blockSize: Int) throws(CryptoError) -> Int {
        guard let last = bytes.last else {
            guard self == .zeros else { throw CryptoError(.padding, "the padding is missing") }
            return 0
        }
        var added: Int
        switch self {
        case .none, .pkcs5: return bytes.count
        case .zeros:
            added = 0
            while added < blockSize, bytes[bytes.count - 1 - added] == 0 { added += 1 }
            return bytes.count - added
        case .ansiX9_23:
            added = Int(last)
            // All bytes are looked at, whatever the first ones say.
            var wrong: UInt8 = 0
            for index in 1..<blockSize { wrong |= index < added ? bytes[bytes.count - 1 - index] : 0 }
            guard wrong == 0 else { throw CryptoError(.padding, "the padding is wrong") }
        case .iso10126: added = Int(last)
        case .ssl3: added = Int(last) + 1
        }
        guard (1...blockSize).contains(added) else { throw CryptoError(.padding, "the padding is wrong") }
        return bytes.count - added
    }
}
