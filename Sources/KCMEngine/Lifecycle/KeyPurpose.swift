internal import KMIP

/// What a key is about to be used for: which bit of its usage mask that needs, and which of its dates rule it.
struct KeyPurpose: Sendable, Hashable {
    /// KMIP 1.4 §3.22 to §3.27.
    enum Side: Sendable, Hashable {
        /// Makes something that is to be trusted or kept: ends with the Protect Stop Date, needs an Active key.
        case protect
        /// Reads what was made: also done by Deactivated and Compromised keys, from the Process Start Date on.
        case process
    }

    let side: Side
    /// The bits that the key's Cryptographic Usage Mask has to have.
    let mask: CryptographicUsageMask
    /// Whether it counts against Usage Limits (KMIP 1.4 §3.21: applying cryptographic protection does).
    let isCharged: Bool

    private init(_ side: Side, _ mask: CryptographicUsageMask) {
        self.side = side
        self.mask = mask
        isCharged = side == .protect
    }

    static let encrypt = KeyPurpose(.protect, .encrypt)
    static let decrypt = KeyPurpose(.process, .decrypt)
    static let sign = KeyPurpose(.protect, .sign)
    static let verify = KeyPurpose(.process, .verify)
    static let macGenerate = KeyPurpose(.protect, .macGenerate)
    static let macVerify = KeyPurpose(.process, .macVerify)
    static let wrapKey = KeyPurpose(.protect, .wrapKey)
    static let unwrapKey = KeyPurpose(.process, .unwrapKey)
    static let deriveKey = KeyPurpose(.protect, .deriveKey)
    static let certificateSign = KeyPurpose(.protect, .certificateSign)
    static let revocationListSign = KeyPurpose(.protect, .crlSign)
}
