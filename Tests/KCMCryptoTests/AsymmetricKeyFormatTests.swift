import Testing
@testable import KCMCrypto

@Suite("Key formats") struct AsymmetricKeyFormatTests {
    private func bytes(_ secret: borrowing SecretBytes) -> [UInt8] { secret.withUnsafeBytes { Array($0) } }

    private func number(_ key: AsymmetricKey, _ number: AsymmetricKey.Number) throws -> [UInt8] {
        guard let value = try key.number(number) else { return [] }
        return bytes(value)
    }

    /// An RSA key out of some of the numbers of another.
    private func rebuilt(_ key: AsymmetricKey, _ numbers: [WritableKeyPath<AsymmetricKey.RSANumbers, UnsafeRawBufferPointer?>: AsymmetricKey.Number])
        throws -> AsymmetricKey
    {
        var values: [(WritableKeyPath<AsymmetricKey.RSANumbers, UnsafeRawBufferPointer?>, UnsafeMutableRawBufferPointer)] = []
        defer { for (_, value) in values { value.deallocate() } }
        for (path, number) in numbers {
            let value = try self.number(key, number)
            let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: value.count, alignment: 1)
            memory.copyBytes(from: value)
            values.append((path, memory))
        }
        var all = AsymmetricKey.RSANumbers()
        for (path, value) in values { all[keyPath: path] = UnsafeRawBufferPointer(value) }
        return try AsymmetricKey(all)
    }

    @Test func anRSAKeyGoesThroughEveryEncoding() throws {
        let der = hex(Official.signingKey)
        let key = try AsymmetricKey(der: secret(der), encoding: .pkcs1Private)
        #expect(bytes(try key.encoded(as: .pkcs1Private)) == der)
        let pkcs8 = try AsymmetricKey(der: key.encoded(as: .pkcs8), encoding: .pkcs8)
        #expect(bytes(try pkcs8.encoded(as: .pkcs1Private)) == der)
        let half = try AsymmetricKey(der: key.encoded(as: .pkcs1Public), encoding: .pkcs1Public)
        #expect(half.isPair(with: key) && !half.isPrivate)
        #expect(bytes(try half.encoded(as: .subjectPublicKeyInfo)) == bytes(try key.encoded(as: .subjectPublicKeyInfo)))
        #expect(throws: CryptoError(.unsupported, "")) { try bytes(half.encoded(as: .pkcs8)) }
        #expect(throws: CryptoError(.unsupported, "")) { try bytes(key.encoded(as: .sec1)) }
        #expect(throws: CryptoError(.unsupported, "")) { try key.point() }
    }

    @Test func anRSAKeyIsItsNumbers() throws {
        let der = hex(Official.signingKey)
        let key = try AsymmetricKey(der: secret(der), encoding: .pkcs1Private)
        let all = try rebuilt(
            key,
            [
                \.modulus: .modulus, \.publicExponent: .publicExponent, \.privateExponent: .privateExponent, \.p: .p, \.q: .q,
                \.primeExponentP: .primeExponentP, \.primeExponentQ: .primeExponentQ, \.coefficient: .coefficient,
            ])
        #expect(bytes(try all.encoded(as: .pkcs1Private)) == der)
        // The primes are enough.
        let primes = try rebuilt(key, [\.modulus: .modulus, \.publicExponent: .publicExponent, \.p: .p, \.q: .q])
        #expect(try number(primes, .coefficient) == number(key, .coefficient) && primes.isPrivate)
        let withoutE = try rebuilt(key, [\.modulus: .modulus, \.privateExponent: .privateExponent, \.p: .p, \.q: .q])
        #expect(try number(withoutE, .publicExponent) == [1, 0, 1])
        // The exponent alone computes, and cannot be written as PKCS #1.
        let exponent = try rebuilt(key, [\.modulus: .modulus, \.publicExponent: .publicExponent, \.privateExponent: .privateExponent])
        #expect(exponent.isPrivate)
        #expect(throws: CryptoError(.unsupported, "")) { try bytes(exponent.encoded(as: .pkcs1Private)) }
        let half = try rebuilt(key, [\.modulus: .modulus, \.publicExponent: .publicExponent])
        #expect(!half.isPrivate && half.isPair(with: key))
        #expect(throws: CryptoError(.parameter, "")) {
            try rebuilt(key, [\.modulus: .modulus, \.publicExponent: .publicExponent, \.p: .modulus, \.q: .q])
        }
        #expect(throws: CryptoError(.parameter, "")) { try rebuilt(key, [\.modulus: .modulus]) }
    }

    @Test(arguments: ["prime256v1", "secp384r1", "secp521r1", "secp256k1", "brainpoolP256r1", "sect233k1"])
    func aCurveKeyGoesThroughEveryFormat(_ name: String) throws {
        let curve = try #require(EllipticCurve(name: name))
        let key = try AsymmetricKey.generate(on: curve)
        #expect(key.curveName == name && key.kind == .ec)
        let sec1 = bytes(try key.encoded(as: .sec1))
        #expect(bytes(try AsymmetricKey(der: secret(sec1), encoding: .sec1).encoded(as: .sec1)) == sec1)
        let again = try number(key, .d).withUnsafeBytes { (bytes) throws(CryptoError) in try AsymmetricKey(d: bytes, on: curve) }
        #expect(bytes(try again.encoded(as: .pkcs8)) == bytes(try key.encoded(as: .pkcs8)))
        for form in [AsymmetricKey.PointForm.compressed, .uncompressed, .hybrid] {
            let point = try key.point(form).withUnsafeBytes { (bytes) throws(CryptoError) in try AsymmetricKey(point: bytes, on: curve) }
            #expect(point.isPair(with: key) && !point.isPrivate)
        }
        let off = try [4] + [UInt8](repeating: 1, count: key.point().count - 1)
        #expect(throws: CryptoError(.parameter, "")) {
            try off.withUnsafeBytes { (bytes) throws(CryptoError) in try AsymmetricKey(point: bytes, on: curve) }
        }
        #expect(throws: CryptoError(.parameter, "")) {
            try [UInt8](repeating: 0xff, count: 80).withUnsafeBytes { (bytes) throws(CryptoError) in try AsymmetricKey(d: bytes, on: curve) }
        }
    }

    @Test func generatedRSAKeysHaveTheSizeAskedFor() throws {
        let key = try AsymmetricKey.generate(rsaBits: 2048)
        #expect(key.bits == 2048 && key.kind == .rsa && key.isPrivate)
        for bits in [512, 2049, 100_000] { #expect(throws: CryptoError(.parameter, "")) { try AsymmetricKey.generate(rsaBits: bits) } }
        #expect(EllipticCurve(name: "secp999r1") == nil)
    }
}
