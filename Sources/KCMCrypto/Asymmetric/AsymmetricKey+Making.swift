internal import CKCMShims
internal import COpenSSL

extension AsymmetricKey {
    /// A new RSA key with the public exponent 65537. 2,048 bits take about a quarter of a second, 4,096 a few: not on an event loop.
    /// - Parameter rsaBits: 1,024 to 8,192, in steps of 8.
    /// - Throws: `.parameter` for another size, `.failed`.
    public static func generate(rsaBits: Int) throws(CryptoError) -> AsymmetricKey {
        guard (1024...8192).contains(rsaBits), rsaBits % 8 == 0 else {
            throw CryptoError(.parameter, "RSA keys of 1024 to 8192 bits are made, not of \(rsaBits)")
        }
        guard let pointer = kcm_generate_rsa(rsaBits) else { throw .openSSL("no RSA key could be made") }
        return try AsymmetricKey(adopting: pointer, isPrivate: true)
    }

    /// A new key on a curve.
    /// - Throws: `.failed`.
    public static func generate(on curve: EllipticCurve) throws(CryptoError) -> AsymmetricKey {
        guard let pointer = kcm_generate_ec(curve.name) else { throw .openSSL("no key on \(curve.name) could be made") }
        return try AsymmetricKey(adopting: pointer, isPrivate: true)
    }

    /// The numbers of an RSA key, unsigned and big-endian; pointers into memory of the caller's, which are read and not kept.
    public struct RSANumbers {
        public var modulus: UnsafeRawBufferPointer?
        public var publicExponent: UnsafeRawBufferPointer?
        public var privateExponent: UnsafeRawBufferPointer?
        public var p: UnsafeRawBufferPointer?
        public var q: UnsafeRawBufferPointer?
        public var primeExponentP: UnsafeRawBufferPointer?
        public var primeExponentQ: UnsafeRawBufferPointer?
        public var coefficient: UnsafeRawBufferPointer?

        public init() {}
    }

    /// An RSA key out of its numbers: a private one where the private exponent or both primes are there, else a public one. What
    /// follows from the primes is filled in.
    /// - Throws: `.parameter` where the numbers are no key, or too few.
    public convenience init(_ numbers: RSANumbers) throws(CryptoError) {
        let parts = [
            numbers.modulus, numbers.publicExponent, numbers.privateExponent, numbers.p, numbers.q, numbers.primeExponentP,
            numbers.primeExponentQ, numbers.coefficient,
        ]
        // Before anything is reckoned out of them. A Big Integer may have up to 8 bytes more.
        guard parts.allSatisfy({ ($0?.count ?? 0) <= Self.maximumBits / 8 + 8 }) else {
            throw CryptoError(.unsupported, "an RSA key of more than \(Self.maximumBits) bits is not taken")
        }
        let all = parts.map { kcm_number(bytes: $0?.baseAddress, size: $0?.count ?? 0) }
        guard let pointer = kcm_rsa_key(all) else { throw .openSSL("the numbers are no RSA key", code: .parameter) }
        try self.init(adopting: pointer, isPrivate: numbers.privateExponent != nil || (numbers.p != nil && numbers.q != nil))
    }

    /// The private key `d`, unsigned and big-endian, on a curve.
    /// - Throws: `.parameter` where the number is none of the curve.
    public convenience init(d: UnsafeRawBufferPointer, on curve: EllipticCurve) throws(CryptoError) {
        let number = kcm_number(bytes: d.baseAddress, size: d.count)
        guard let pointer = kcm_ec_key(curve.name, number, kcm_number()) else {
            throw .openSSL("the number is no key of the curve", code: .parameter)
        }
        try self.init(adopting: pointer, isPrivate: true)
    }

    /// The public key of a point (SEC 1 §2.3.3) on a curve.
    /// - Throws: `.parameter` where the point is not on the curve.
    public convenience init(point: UnsafeRawBufferPointer, on curve: EllipticCurve) throws(CryptoError) {
        let number = kcm_number(bytes: point.baseAddress, size: point.count)
        guard let pointer = kcm_ec_key(curve.name, kcm_number(), number) else { throw .openSSL("the point is not on the curve", code: .parameter) }
        try self.init(adopting: pointer, isPrivate: false)
    }
}
