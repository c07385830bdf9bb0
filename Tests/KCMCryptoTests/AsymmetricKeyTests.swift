import Testing
@testable import KCMCrypto

@Suite("RSA and elliptic curves")
struct AsymmetricKeyTests {
    private func key(_ der: String, _ encoding: AsymmetricKey.Encoding) throws -> AsymmetricKey {
        try AsymmetricKey(der: secret(hex(der)), encoding: encoding)
    }

    private func digest(_ message: String, _ hash: HashAlgorithm) throws -> [UInt8] {
        try hex(message).withUnsafeBytes { bytes in try hash.hash(bytes) }
    }

    private func sign(_ message: String, _ key: AsymmetricKey, _ scheme: SignatureScheme) throws -> [UInt8] {
        try digest(message, scheme.hash).withUnsafeBytes { bytes in try key.sign(digest: bytes, scheme) }
    }

    private func isValid(_ signature: [UInt8], _ message: String, _ key: AsymmetricKey, _ scheme: SignatureScheme) throws -> Bool {
        let digest = try digest(message, scheme.hash)
        return try signature.withUnsafeBytes { signature in
            try digest.withUnsafeBytes { digest in try key.isValid(signature: signature, digest: digest, scheme) }
        }
    }

    @Test("CS-AC-M-2: PSS with a salt whose length nothing states; what does not match is invalid")
    func pss() throws {
        let key = try key(Official.verifyingKey, .pkcs1Public)
        let scheme = SignatureScheme.rsaPSS(.sha256, mask: .sha256, saltLength: nil)
        let signature = hex(Official.pssSignature)
        #expect(try isValid(signature, Official.message, key, scheme))
        #expect(try isValid(signature, Official.message, key, .rsaPSS(.sha256, mask: .sha256, saltLength: 222)))
        #expect(try !isValid(signature, Official.message, key, .rsaPSS(.sha256, mask: .sha256, saltLength: 32)))
        #expect(try !isValid(signature, "ff" + Official.message.dropFirst(2), key, scheme))
        #expect(try !isValid([0xff] + signature.dropFirst(), Official.message, key, scheme))
        #expect(try !isValid([], Official.message, key, scheme))
        #expect(try !isValid(signature, Official.message, key, .rsaPSS(.sha1, mask: .sha1, saltLength: nil)))
    }

    @Test("RSA signs and verifies with every hash", arguments: HashAlgorithm.allCases)
    func rsa(hash: HashAlgorithm) throws {
        let (signing, verifying) = (try key(Official.signingKey, .pkcs1Private), try key(Official.verifyingKey, .pkcs1Public))
        for scheme in [
            SignatureScheme.rsaPKCS1(hash), .rsaPSS(hash, mask: hash, saltLength: nil), .rsaPSS(hash, mask: .sha1, saltLength: 0),
        ] {
            let signature = try sign(Official.message, signing, scheme)
            #expect(signature.count == 256)
            #expect(try isValid(signature, Official.message, verifying, scheme))
            #expect(try isValid(signature, Official.message, signing, scheme))
            #expect(try !isValid(signature, "00", verifying, scheme))
        }
    }

    @Test("the salt of a PSS signature is as long as the digest, where nothing else is asked for")
    func saltLength() throws {
        let signing = try key(Official.signingKey, .pkcs1Private)
        let signature = try sign(Official.message, signing, .rsaPSS(.sha256, mask: .sha256, saltLength: nil))
        #expect(try isValid(signature, Official.message, signing, .rsaPSS(.sha256, mask: .sha256, saltLength: 32)))
        #expect(try sign(Official.message, signing, .rsaPSS(.sha256, mask: .sha256, saltLength: 222)).count == 256)
        #expect(throws: CryptoError(.parameter, "")) { try sign(Official.message, signing, .rsaPSS(.sha256, mask: .sha256, saltLength: 223)) }
        #expect(throws: CryptoError(.parameter, "")) { try sign(Official.message, signing, .rsaPSS(.sha256, mask: .sha256, saltLength: -3)) }
    }

    @Test("TC-ECDSA-SIGN: secp256k1")
    func ecdsa() throws {
        let (signing, verifying) = (try key(Official.ecPrivateKey, .sec1), try key(Official.ecPublicKey, .subjectPublicKeyInfo))
        #expect(signing.kind == .ec && signing.isPrivate && signing.bits == 256)
        #expect(try isValid(hex(Official.ecSignature), Official.message, verifying, .ecdsa(.sha256)))
        #expect(try !isValid(hex(Official.ecWrongSignature), Official.message, verifying, .ecdsa(.sha256)))
        #expect(try !isValid([0x30, 1], Official.message, verifying, .ecdsa(.sha256)))
        #expect(try isValid(sign(Official.message, signing, .ecdsa(.sha512)), Official.message, verifying, .ecdsa(.sha512)))
        #expect(throws: CryptoError(.unsupported, "")) { try sign(Official.message, verifying, .ecdsa(.sha256)) }
        #expect(throws: CryptoError(.unsupported, "")) { try sign(Official.message, signing, .rsaPKCS1(.sha256)) }
    }

    @Test(
        "signatures that are almost one are none",
        arguments: [
            "3006020100020100", "30060201010201ff", "3080020101020101" + "0000", "300702020001020101", "30060201010201" + "01" + "00", "3006020101",
        ])
    func malformedSignatures(signature: String) throws {
        let verifying = try key(Official.ecPublicKey, .subjectPublicKeyInfo)
        #expect(try !isValid(hex(signature), Official.message, verifying, .ecdsa(.sha256)))
    }

    @Test("a signature with bytes behind it is none, and neither is one of another length")
    func lengths() throws {
        let ec = try key(Official.ecPublicKey, .subjectPublicKeyInfo)
        #expect(try !isValid(hex(Official.ecSignature) + [0], Official.message, ec, .ecdsa(.sha256)))
        let rsa = try key(Official.verifyingKey, .pkcs1Public)
        let scheme = SignatureScheme.rsaPSS(.sha256, mask: .sha256, saltLength: nil)
        #expect(try !isValid([0] + hex(Official.pssSignature), Official.message, rsa, scheme))
        #expect(try !isValid(hex(Official.pssSignature).dropLast(), Official.message, rsa, scheme))
        #expect(throws: CryptoError(.length, "")) {
            try [UInt8](repeating: 0, count: 31).withUnsafeBytes { try ec.isValid(signature: $0, digest: $0, .ecdsa(.sha256)) }
        }
    }

    @Test("ECDSA on the curves of KMIP that OpenSSL has", arguments: EllipticCurveKeys.all)
    func curves(pair: EllipticCurveKeys) throws {
        let (signing, verifying) = (try key(pair.pkcs8, .pkcs8), try key(pair.subjectPublicKeyInfo, .subjectPublicKeyInfo))
        for hash in [HashAlgorithm.sha1, .sha256, .sha512] {
            let signature = try sign(Official.message, signing, .ecdsa(hash))
            #expect(try isValid(signature, Official.message, verifying, .ecdsa(hash)))
            #expect(try !isValid(signature, "00", verifying, .ecdsa(hash)))
        }
        #expect(try isValid(hex(pair.signature), Official.message, verifying, .ecdsa(.sha256)))
    }

    @Test("a curve of someone's own is refused")
    func explicitCurve() throws {
        #expect(throws: CryptoError(.unsupported, "")) { try key(EllipticCurveKeys.explicitParameters, .subjectPublicKeyInfo) }
    }

    @Test("DSA signs and verifies")
    func dsa() throws {
        let key = try key(EllipticCurveKeys.dsa, .pkcs8)
        #expect(key.kind == .dsa)
        #expect(try isValid(sign(Official.message, key, .dsa(.sha256)), Official.message, key, .dsa(.sha256)))
        #expect(throws: CryptoError(.unsupported, "")) { try sign(Official.message, key, .ecdsa(.sha256)) }
    }

    @Test("CS-AC-M-OAEP", arguments: Official.oaep)
    func oaep(vector: Official.OAEP) throws {
        let padding = EncryptionPadding.oaep(vector.hash, mask: vector.mask, label: hex(vector.label))
        let opening = try key(vector.privateKey, .pkcs1Private)
        let sealing = try key(vector.publicKey, .subjectPublicKeyInfo)
        #expect(try decrypt(hex(vector.ciphertext), opening, padding) == hex(Official.oaepMessage))
        let sealed = try encrypt(hex(Official.oaepMessage), sealing, padding)
        #expect(sealed != hex(vector.ciphertext))
        #expect(try decrypt(sealed, opening, padding) == hex(Official.oaepMessage))
        #expect(throws: CryptoError(.padding, "")) { try decrypt(sealed, opening, .oaep(.sha1, mask: vector.mask, label: [])) }
        #expect(throws: CryptoError(.padding, "")) { try decrypt(sealed, opening, .oaep(vector.hash, mask: vector.mask, label: [1])) }
        #expect(throws: CryptoError(.unsupported, "")) { try decrypt(sealed, sealing, padding) }
    }

    @Test("PKCS #1 encryption, and messages that are too long")
    func pkcs1() throws {
        let (opening, sealing) = (try key(Official.signingKey, .pkcs1Private), try key(Official.verifyingKey, .pkcs1Public))
        for count in [0, 1, 245] {
            let message = [UInt8](repeating: 6, count: count)
            #expect(try decrypt(encrypt(message, sealing, .pkcs1), opening, .pkcs1) == message)
        }
        #expect(throws: CryptoError(.length, "")) { try encrypt([UInt8](repeating: 6, count: 246), sealing, .pkcs1) }
        #expect(throws: CryptoError(.padding, "")) { try decrypt([UInt8](repeating: 6, count: 255), opening, .pkcs1) }
    }

    @Test("bytes that are no key, or more than one, are refused")
    func malformed() throws {
        for (der, encoding) in [
            ("", AsymmetricKey.Encoding.pkcs1Private), ("30", .pkcs8), ("00", .subjectPublicKeyInfo), ("3000", .sec1), ("3003020100", .pkcs1Public),
            (Official.verifyingKey + "00", .pkcs1Public), (Official.signingKey + "00", .pkcs1Private), (Official.verifyingKey, .pkcs1Private),
            (Official.ecPublicKey, .certificate),
        ] {
            #expect(throws: CryptoError(.parameter, "")) { try key(der, encoding) }
        }
    }

    private func encrypt(_ message: [UInt8], _ key: AsymmetricKey, _ padding: EncryptionPadding) throws -> [UInt8] {
        try message.withUnsafeBytes { bytes in try key.encrypt(bytes, padding) }
    }

    private func decrypt(_ data: [UInt8], _ key: AsymmetricKey, _ padding: EncryptionPadding) throws -> [UInt8] {
        var output = [UInt8](repeating: 0, count: key.modulusSize)
        let count = try data.withUnsafeBytes { data in try output.withUnsafeMutableBytes { try key.decrypt(data, padding, into: $0) } }
        return Array(output.prefix(count))
    }
}
