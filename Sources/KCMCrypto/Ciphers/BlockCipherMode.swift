/// The modes of AES that are offered.
public enum BlockCipherMode: Sendable {
    /// SP 800-38A.
    case ecb
    /// SP 800-38A.
    case cbc
    /// SP 800-38A; the IV is the first 16-byte counter block.
    case ctr
    /// SP 800-38D.
    case gcm
    /// RFC 3394 with the default initial value.
    case nistKeyWrap
}

/// How the last block of ECB and CBC is filled.
public enum BlockPadding: Sendable {
    /// Whole blocks only.
    case none
    /// RFC 8018 §6.1.1, as PKCS #7 has it for 16-byte blocks.
    case pkcs5
}
