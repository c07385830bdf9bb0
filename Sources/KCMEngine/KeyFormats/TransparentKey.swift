internal import KCMCrypto
internal import KMIP
internal import NIOCore

/// The transparent key structures of RSA and elliptic curves (KMIP 1.4 §2.1.7). Those of DSA and Diffie-Hellman are kept as they come.
enum TransparentKey {
    /// The private elliptic-curve formats; the older ones differ by name only.
    static let curvePrivate: Set<KeyFormatType> = [
        .transparentECPrivateKey, .transparentECDSAPrivateKey, .transparentECDHPrivateKey, .transparentECMQVPrivateKey,
    ]
    static let curvePublic: Set<KeyFormatType> = [
        .transparentECPublicKey, .transparentECDSAPublicKey, .transparentECDHPublicKey, .transparentECMQVPublicKey,
    ]

    // MARK: Reading

    /// The key that the items of a transparent structure make, read in place: they are in locked memory, and nothing is copied.
    /// - Throws: `CryptoError`: `.parameter` where the items make no key, `.unsupported` for another format or a curve that is not there.
    static func read(_ items: UnsafeRawBufferPointer, _ format: KeyFormatType) throws(CryptoError) -> AsymmetricKey {
        let fields = try Self.fields(items)
        switch format {
        case .transparentRSAPrivateKey, .transparentRSAPublicKey:
            var numbers = AsymmetricKey.RSANumbers()
            numbers.modulus = fields[.modulus]
            numbers.publicExponent = fields[.publicExponent]
            if format == .transparentRSAPrivateKey {
                numbers.privateExponent = fields[.privateExponent]
                numbers.p = fields[.p]
                numbers.q = fields[.q]
                numbers.primeExponentP = fields[.primeExponentP]
                numbers.primeExponentQ = fields[.primeExponentQ]
                numbers.coefficient = fields[.crtCoefficient]
                guard numbers.privateExponent != nil || (numbers.p != nil && numbers.q != nil) else {
                    throw CryptoError(.unsupported, "an RSA key without private exponent and without primes is not used")
                }
            }
            return try AsymmetricKey(numbers)
        case _ where curvePrivate.contains(format):
            guard let d = fields[.d] else { throw CryptoError(.parameter, "D is missing") }
            return try AsymmetricKey(d: d, on: curve(fields))
        case _ where curvePublic.contains(format):
            guard let point = fields[.qString] else { throw CryptoError(.parameter, "Q String is missing") }
            return try AsymmetricKey(point: point, on: curve(fields))
        default: throw CryptoError(.unsupported, "keys of this format are kept, not used")
        }
    }

    private static func curve(_ fields: [Tag: UnsafeRawBufferPointer]) throws(CryptoError) -> EllipticCurve {
        guard let value = fields[.recommendedCurve], value.count == 4 else { throw CryptoError(.parameter, "Recommended Curve is missing") }
        let number = UInt32(bigEndian: value.loadUnaligned(as: UInt32.self))
        guard let curve = RecommendedCurve(rawValue: number).ellipticCurve else { throw CryptoError(.unsupported, "the curve is not offered") }
        return curve
    }

    /// The values of flat TTLV items.
    private static func fields(_ items: UnsafeRawBufferPointer) throws(CryptoError) -> [Tag: UnsafeRawBufferPointer] {
        var fields: [Tag: UnsafeRawBufferPointer] = [:]
        var offset = 0
        while offset < items.count {
            guard items.count - offset >= 8 else { throw CryptoError(.parameter, "the key is cut off") }
            let header = UInt64(bigEndian: items.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            let length = Int(header & 0xFFFF_FFFF)
            let padded = (length + 7) & ~7
            guard padded <= items.count - offset - 8 else { throw CryptoError(.parameter, "the key is cut off") }
            let tag = Tag(rawValue: UInt32(header >> 40))
            guard fields[tag] == nil else { throw CryptoError(.parameter, "the key has an item twice") }
            fields[tag] = UnsafeRawBufferPointer(rebasing: items[(offset + 8)..<(offset + 8 + length)])
            offset += 8 + padded
        }
        return fields
    }

    // MARK: Writing

    /// The items of a key in a transparent format, in the order of the standard.
    /// - Throws: `CryptoError` `.unsupported` where the key has no such format.
    static func items(of key: AsymmetricKey, _ format: KeyFormatType) throws -> SecretBytes {
        var writer = TTLVWriter()
        defer { writer.wipe() }
        switch format {
        case .transparentRSAPublicKey where key.kind == .rsa:
            try writer.number(.modulus, key.number(.modulus))
            try writer.number(.publicExponent, key.number(.publicExponent))
        case .transparentRSAPrivateKey where key.kind == .rsa && key.isPrivate:
            try writer.number(.modulus, key.number(.modulus))
            try writer.number(.privateExponent, key.number(.privateExponent))
            try writer.number(.publicExponent, key.number(.publicExponent))
            try writer.number(.p, key.number(.p))
            try writer.number(.q, key.number(.q))
            try writer.number(.primeExponentP, key.number(.primeExponentP))
            try writer.number(.primeExponentQ, key.number(.primeExponentQ))
            try writer.number(.crtCoefficient, key.number(.coefficient))
        case _ where curvePrivate.contains(format) && key.kind == .ec && key.isPrivate:
            writer.enumeration(.recommendedCurve, try recommendedCurve(of: key))
            try writer.number(.d, key.number(.d))
        case _ where curvePublic.contains(format) && key.kind == .ec:
            writer.enumeration(.recommendedCurve, try recommendedCurve(of: key))
            writer.bytes(.qString, try key.point())
        default: throw CryptoError(.unsupported, "the kind of key has no such format")
        }
        return try SecretBytes(copying: writer.buffer)
    }

    static func recommendedCurve(of key: AsymmetricKey) throws(CryptoError) -> RecommendedCurve {
        guard let curve = key.curveName.flatMap(RecommendedCurve.init(openSSLName:)) else {
            throw CryptoError(.unsupported, "the curve has no number in KMIP")
        }
        return curve
    }
}

extension TTLVWriter {
    /// A Big Integer out of an unsigned number in locked memory; writes nothing where there is none.
    fileprivate mutating func number(_ tag: Tag, _ value: consuming SecretBytes?) throws {
        guard let value else { return }
        value.withUnsafeBytes { unsignedInteger(tag, $0) }
    }
}
