/// The modes of block ciphers that are offered. 3DES has ECB, CBC, CFB and OFB; AES has all.
public enum BlockCipherMode: Int, Sendable, CaseIterable {
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
    /// SP 800-38A, with segments of a whole block.
    case cfb
    /// SP 800-38A.
    case ofb
    /// SP 800-38C. The message comes in one piece.
    case ccm
    /// SP 800-38E: two keys of 16 or 32 bytes one behind the other; the IV is the tweak. The message comes in one piece.
    case xts
    /// RFC 5649: key wrap of any number of bytes.
    case keyWrapPadding

    /// Whether the mode gives a tag and takes additional data.
    public var isAuthenticated: Bool { self == .gcm || self == .ccm }
    /// Whether messages are whole blocks, so that padding means something.
    public var hasBlocks: Bool { self == .ecb || self == .cbc }
    /// Whether the mode takes an IV, counter, nonce or tweak.
    public var hasIV: Bool {
        switch self {
        case .ecb, .nistKeyWrap, .keyWrapPadding: false
        case .cbc, .ctr, .gcm, .cfb, .ofb, .ccm, .xts: true
        }
    }
    /// Whether a message may come in parts; the others need to know all of it first.
    public var isIncremental: Bool {
        switch self {
        case .ecb, .cbc, .ctr, .gcm, .cfb, .ofb: true
        case .nistKeyWrap, .keyWrapPadding, .ccm, .xts: false
        }
    }
}
