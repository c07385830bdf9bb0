/// How a digest becomes a signature.
public enum SignatureScheme: Sendable, Hashable {
    /// RSASSA-PKCS1-v1_5 (RFC 8017 §8.2).
    case rsaPKCS1(HashAlgorithm)
    /// RSASSA-PSS (RFC 8017 §8.1); `saltLength` in bytes. `nil`: as long as the digest in signing, whatever the signature has in
    /// verifying.
    case rsaPSS(HashAlgorithm, mask: HashAlgorithm, saltLength: Int?)
    /// FIPS 186-4; a signature is a DER sequence of two integers.
    case ecdsa(HashAlgorithm)
    /// FIPS 186-4; a signature is a DER sequence of two integers.
    case dsa(HashAlgorithm)

    /// What makes the digest.
    public var hash: HashAlgorithm {
        switch self {
        case .rsaPKCS1(let hash), .rsaPSS(let hash, _, _), .ecdsa(let hash), .dsa(let hash): hash
        }
    }

    /// The kind of key that it is for.
    var kind: AsymmetricKey.Kind {
        switch self {
        case .rsaPKCS1, .rsaPSS: .rsa
        case .ecdsa: .ec
        case .dsa: .dsa
        }
    }
}
