internal import CKCMShims
internal import COpenSSL

extension AsymmetricKey {
    /// The key as DER. A private key has the public encodings, too.
    /// - Throws: `.unsupported` where the kind of key has no such encoding, or the private half is not there, or an RSA key does not have
    ///   its primes; `.failed`; `.memory`.
    public func encoded(as encoding: Encoding) throws -> SecretBytes {
        switch encoding {
        case .pkcs1Private, .sec1, .pkcs8:
            guard isPrivate else { throw CryptoError(.unsupported, "a public key has no private encoding") }
        case .pkcs1Public, .subjectPublicKeyInfo: break
        case .certificate: throw CryptoError(.unsupported, "a key alone is no certificate")
        }
        switch (encoding, kind) {
        case (.pkcs1Private, .rsa):
            guard kcm_key_number(pointer, Number.p.name, nil, 0, 0) > 0 else {
                ERR_clear_error()
                throw CryptoError(.unsupported, "the key does not have its primes")
            }
            return try Self.collect { i2d_PrivateKey(self.pointer, &$0) }
        case (.sec1, .ec): return try Self.collect { i2d_PrivateKey(self.pointer, &$0) }
        case (.pkcs1Public, .rsa): return try Self.collect { i2d_PublicKey(self.pointer, &$0) }
        case (.subjectPublicKeyInfo, _): return try Self.collect { i2d_PUBKEY(self.pointer, &$0) }
        case (.pkcs8, _):
            guard let info = EVP_PKEY2PKCS8(pointer) else { throw CryptoError.openSSL("the key could not be written") }
            defer { PKCS8_PRIV_KEY_INFO_free(info) }
            return try Self.collect { i2d_PKCS8_PRIV_KEY_INFO(info, &$0) }
        default: throw CryptoError(.unsupported, "the kind of key has no such encoding")
        }
    }

    private static func collect(_ encode: (inout UnsafeMutablePointer<UInt8>?) -> Int32) throws -> SecretBytes {
        var start: UnsafeMutablePointer<UInt8>?
        let count = encode(&start)
        guard count > 0, let start else { throw CryptoError.openSSL("the key could not be written") }
        defer { CRYPTO_clear_free(start, Int(count), nil, 0) }
        return try SecretBytes(copying: UnsafeRawBufferPointer(start: start, count: Int(count)))
    }

    /// The public half alone.
    /// - Throws: `.failed`, `.memory`.
    public func publicHalf() throws -> AsymmetricKey {
        guard isPrivate else { return self }
        return try AsymmetricKey(der: encoded(as: .subjectPublicKeyInfo), encoding: .subjectPublicKeyInfo)
    }

    /// Whether both are halves of one pair, or the same public key.
    public func isPair(with other: AsymmetricKey) -> Bool {
        let same = EVP_PKEY_eq(pointer, other.pointer) == 1
        if !same { ERR_clear_error() }
        return same
    }

    /// A number that a key is made of.
    public enum Number: Sendable, Hashable {
        case modulus, publicExponent, privateExponent, p, q, primeExponentP, primeExponentQ, coefficient
        /// The private number of an elliptic-curve key.
        case d

        /// OpenSSL's name (provider parameters; some are built by macros that Swift cannot see).
        var name: String {
            switch self {
            case .modulus: "n"
            case .publicExponent: "e"
            case .privateExponent: "d"
            case .p: "rsa-factor1"
            case .q: "rsa-factor2"
            case .primeExponentP: "rsa-exponent1"
            case .primeExponentQ: "rsa-exponent2"
            case .coefficient: "rsa-coefficient1"
            case .d: "priv"
            }
        }
    }

    /// A number of the key: unsigned, big-endian, without leading zeros; that of an elliptic curve as long as the order.
    /// - Returns: `nil` where the key does not have it.
    /// - Throws: `.memory`, `.failed`.
    public func number(_ number: Number) throws -> SecretBytes? {
        let least = number == .d ? (bits + 7) / 8 : 0
        let size = kcm_key_number(pointer, number.name, nil, 0, least)
        guard size > 0 else {
            ERR_clear_error()
            return nil
        }
        return try SecretBytes(count: size) { output in
            guard kcm_key_number(self.pointer, number.name, output.baseAddress, output.count, least) == size else {
                throw CryptoError.openSSL("a number of the key could not be read")
            }
        }
    }

    /// How a public point is written (SEC 1 §2.3.3).
    public enum PointForm: Int32, Sendable, Hashable {
        case compressed = 2
        case uncompressed = 4
        case hybrid = 6
    }

    /// The public point of an elliptic-curve key.
    /// - Throws: `.unsupported` for another key, `.failed`.
    public func point(_ form: PointForm = .uncompressed) throws(CryptoError) -> [UInt8] {
        guard kind == .ec else { throw CryptoError(.unsupported, "only elliptic-curve keys have a point") }
        let size = kcm_ec_point(pointer, form.rawValue, nil, 0)
        var bytes = [UInt8](repeating: 0, count: size)
        guard size > 0, kcm_ec_point(pointer, form.rawValue, &bytes, size) == size else { throw .openSSL("the point could not be written") }
        return bytes
    }

    /// OpenSSL's name of the curve of an elliptic-curve key.
    public var curveName: String? {
        var name = [CChar](repeating: 0, count: 80)
        guard kind == .ec, EVP_PKEY_get_group_name(pointer, &name, name.count, nil) == 1 else { return nil }
        return name.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } }
    }
}
