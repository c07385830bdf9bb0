internal import KCMCrypto
internal import KMIP

/// How a key and Cryptographic Parameters come together to one kind of signature (KMIP 1.4 §3.6, §4.31): a Digital Signature
/// Algorithm, or Cryptographic Algorithm, Hashing Algorithm and Padding Method. What the request leaves open, the key's own parameters say.
struct SignatureUse {
    let key: AsymmetricKey
    let scheme: SignatureScheme

    /// - Throws: *Invalid Field* where something needed is not stated; *Feature Not Supported*, *Illegal Operation*,
    ///   *Key Format Type Not Supported* where key and parameters do not fit.
    init(_ sent: CryptographicParameters?, for object: KeyObject) throws(OperationFailure) {
        key = try object.asymmetricKey()
        let own = object.rules.parameters
        let named = try Self.named(sent?.digitalSignatureAlgorithm ?? own?.digitalSignatureAlgorithm)
        // A request that names a hash or padding by itself is not to be bent by the algorithm of the key's parameters.
        let stated = sent?.digitalSignatureAlgorithm == nil ? nil : named
        var chosen = stated?.hash
        if chosen == nil { chosen = try Self.hash(sent?.hashingAlgorithm) }
        if chosen == nil { chosen = named?.hash }
        if chosen == nil { chosen = try Self.hash(own?.hashingAlgorithm) }
        guard let hash = chosen else {
            throw OperationFailure(.invalidField, "Neither the request nor the key states a Digital Signature Algorithm or a Hashing Algorithm")
        }
        if let kind = named?.kind, kind != key.kind {
            throw OperationFailure(.featureNotSupported, "The Digital Signature Algorithm is not one for the key")
        }
        if let algorithm = sent?.cryptographicAlgorithm { try Self.require(algorithm, for: key) }
        switch key.kind {
        case .ec: scheme = .ecdsa(hash)
        case .dsa: scheme = .dsa(hash)
        case .rsa:
            switch stated?.padding ?? sent?.paddingMethod ?? named?.padding ?? own?.paddingMethod ?? .pkcs1V1_5 {
            case .pkcs1V1_5: scheme = .rsaPKCS1(hash)
            case .pss:
                try Self.checkMask(sent, own)
                let mask = try Self.hash(sent?.maskGeneratorHashingAlgorithm ?? own?.maskGeneratorHashingAlgorithm) ?? hash
                scheme = .rsaPSS(hash, mask: mask, saltLength: (sent?.saltLength ?? own?.saltLength).map { Int($0) })
            case let method:
                throw OperationFailure(.featureNotSupported, "The Padding Method \(method) is none of signatures here; PSS and PKCS1 v1.5 are")
            }
        }
    }

    static func hash(_ algorithm: HashingAlgorithm?) throws(OperationFailure) -> HashAlgorithm? {
        guard let algorithm else { return nil }
        return try HashAlgorithm(algorithm)
    }

    private static func named(_ algorithm: DigitalSignatureAlgorithm?) throws(OperationFailure) -> Named? {
        guard let algorithm else { return nil }
        return try Named(algorithm)
    }

    private static func require(_ algorithm: CryptographicAlgorithm, for key: AsymmetricKey) throws(OperationFailure) {
        let fits =
            switch key.kind {
            case .rsa: algorithm == .rsa
            case .dsa: algorithm == .dsa
            case .ec: algorithm == .ecdsa || algorithm == .ec
            }
        guard fits else { throw OperationFailure(.featureNotSupported, "The parameters are for another algorithm than the key") }
    }

    private static func checkMask(_ sent: CryptographicParameters?, _ own: CryptographicParameters?) throws(OperationFailure) {
        guard (sent?.maskGenerator ?? own?.maskGenerator ?? .mgf1) == .mgf1 else {
            throw OperationFailure(.featureNotSupported, "The Mask Generator is not served; MGF1 is")
        }
        // RFC 8017 A.2.3: one trailer is defined, 0xBC, which has the number 1.
        guard (sent?.trailerField ?? own?.trailerField ?? 1) == 1 else { throw OperationFailure(.invalidField, "Trailer Field is 1") }
    }

    /// What a Digital Signature Algorithm says in one value.
    private struct Named {
        let hash: HashAlgorithm?
        let kind: AsymmetricKey.Kind
        var padding: PaddingMethod?

        init(_ algorithm: DigitalSignatureAlgorithm) throws(OperationFailure) {
            switch algorithm {
            case .md5WithRSAEncryption: (hash, kind, padding) = (.md5, .rsa, .pkcs1V1_5)
            case .sha1WithRSAEncryption: (hash, kind, padding) = (.sha1, .rsa, .pkcs1V1_5)
            case .sha224WithRSAEncryption: (hash, kind, padding) = (.sha224, .rsa, .pkcs1V1_5)
            case .sha256WithRSAEncryption: (hash, kind, padding) = (.sha256, .rsa, .pkcs1V1_5)
            case .sha384WithRSAEncryption: (hash, kind, padding) = (.sha384, .rsa, .pkcs1V1_5)
            case .sha512WithRSAEncryption: (hash, kind, padding) = (.sha512, .rsa, .pkcs1V1_5)
            case .sha3_256WithRSAEncryption: (hash, kind, padding) = (.sha3_256, .rsa, .pkcs1V1_5)
            case .sha3_384WithRSAEncryption: (hash, kind, padding) = (.sha3_384, .rsa, .pkcs1V1_5)
            case .sha3_512WithRSAEncryption: (hash, kind, padding) = (.sha3_512, .rsa, .pkcs1V1_5)
            case .rsassaPSS: (hash, kind, padding) = (nil, .rsa, .pss)
            case .dsaWithSHA1: (hash, kind, padding) = (.sha1, .dsa, nil)
            case .dsaWithSHA224: (hash, kind, padding) = (.sha224, .dsa, nil)
            case .dsaWithSHA256: (hash, kind, padding) = (.sha256, .dsa, nil)
            case .ecdsaWithSHA1: (hash, kind, padding) = (.sha1, .ec, nil)
            case .ecdsaWithSHA224: (hash, kind, padding) = (.sha224, .ec, nil)
            case .ecdsaWithSHA256: (hash, kind, padding) = (.sha256, .ec, nil)
            case .ecdsaWithSHA384: (hash, kind, padding) = (.sha384, .ec, nil)
            case .ecdsaWithSHA512: (hash, kind, padding) = (.sha512, .ec, nil)
            default: throw OperationFailure(.featureNotSupported, "The Digital Signature Algorithm \(algorithm) is not served")
            }
        }
    }
}
