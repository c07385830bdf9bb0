import KMIP
import NIOCore
import Testing

/// Encrypt and Decrypt beyond AES-GCM (KMIP 1.4 §4.29, §4.30): the other modes, 3DES, RSA, and what the key's parameters say.
@Suite struct CipherServiceTests {
    @Test(
        "what is encrypted is decrypted, in every mode and padding",
        arguments: [
            CryptographicParameters(blockCipherMode: .cfb), CryptographicParameters(blockCipherMode: .ofb),
            CryptographicParameters(blockCipherMode: .ccm, tagLength: 8), CryptographicParameters(blockCipherMode: .xts),
            CryptographicParameters(blockCipherMode: .aesKeyWrapPadding), CryptographicParameters(blockCipherMode: .cbc, paddingMethod: .zeros),
            CryptographicParameters(blockCipherMode: .cbc, paddingMethod: .ansiX9_23),
            CryptographicParameters(blockCipherMode: .ecb, paddingMethod: .iso10126),
            CryptographicParameters(blockCipherMode: .ecb, paddingMethod: .ssl3), CryptographicParameters(blockCipherMode: .aead, tagLength: 13),
        ], [ProtocolVersion.v1_2, .v1_4])
    func modes(parameters: CryptographicParameters, version: ProtocolVersion) async throws {
        let world = try World.atEdge()
        let key = try await world.key()
        var parameters = parameters
        parameters.randomIV = true
        let plaintext = ByteBuffer(string: "some plaintext of no round length")
        let sealed: EncryptResponse = try await world.ask(
            EncryptRequest(uniqueIdentifier: key, cryptographicParameters: parameters, data: plaintext), version: version)
        #expect(sealed.data != plaintext)
        let request = DecryptRequest(uniqueIdentifier: key, cryptographicParameters: parameters, data: sealed.data, iv: sealed.iv, tag: sealed.tag)
        let opened: DecryptResponse = try await world.ask(request, version: version)
        #expect(opened.data == plaintext)
    }

    @Test("3DES (SP 800-67 B.1)")
    func tripleDES() async throws {
        let world = try World.atEdge()
        let key = try await world.registered(
            World.symmetric(OfficialCase.bytes("0123456789abcdef23456789abcdef01456789abcdef0123"), .tripleDES), mask: [.encrypt, .decrypt])
        let request = EncryptRequest(
            uniqueIdentifier: key, cryptographicParameters: CryptographicParameters(blockCipherMode: .ecb),
            data: ByteBuffer(string: "The qufck brown fox jump"))
        let sealed: EncryptResponse = try await world.ask(request)
        #expect(sealed.data == OfficialCase.bytes("a826fd8ce53b855fcce21c8112256fe668d5c05dd9b6b900"))
        var other = request
        other.cryptographicParameters = CryptographicParameters(blockCipherMode: .gcm, randomIV: true)
        #expect(try await world.reason(other) == .featureNotSupported)
        other.cryptographicParameters = CryptographicParameters(blockCipherMode: .ecb, cryptographicAlgorithm: .aes)
        #expect(try await world.reason(other) == .featureNotSupported)
    }

    @Test("CS-BC-M-12, CS-BC-M-13: the key's parameters say what the request leaves open")
    func defaults() async throws {
        let world = try World.atEdge()
        let cbc: [AttributeValue.Field] = [
            .init(.blockCipherMode, .enumeration(BlockCipherMode.cbc.rawValue)), .init(.paddingMethod, .enumeration(PaddingMethod.pkcs5.rawValue)),
        ]
        let plaintext = OfficialCase.bytes("010203040506070809101112131415160102030405060708091011121314151601")
        let iv = OfficialCase.bytes("ff020304050607080910111213141516")
        let ciphertext = OfficialCase.bytes("e768203ba72b6e157daaad34b1e791d8e88457dc147942f01bfaff7b28a3cdde2203d4d5a4c7928ba9e9cc78b66a6546")
        let key = try await world.registered(World.aesKey, mask: [.encrypt, .decrypt], parameters: cbc)
        let sealed: EncryptResponse = try await world.ask(EncryptRequest(uniqueIdentifier: key, data: plaintext, iv: iv))
        #expect(sealed.data == ciphertext && sealed.iv == nil)
        #expect(try await world.reason(DecryptRequest(uniqueIdentifier: key, data: ciphertext)) == .invalidMessage, "no IV")
        let partly = CryptographicParameters(blockCipherMode: .cbc)
        let opened: DecryptResponse = try await world.ask(
            DecryptRequest(uniqueIdentifier: key, cryptographicParameters: partly, data: ciphertext, iv: iv))
        #expect(opened.data == plaintext, "the padding is the key's")
        let random = try await world.registered(World.aesKey, mask: [.encrypt, .decrypt], parameters: cbc + [.init(.randomIV, .boolean(true))])
        let made: EncryptResponse = try await world.ask(EncryptRequest(uniqueIdentifier: random, data: plaintext))
        #expect(made.iv?.readableBytes == 16)
    }

    @Test("RSA: OAEP and PKCS #1, public and private halves")
    func rsa() async throws {
        let world = try World.atEdge()
        let (sealing, opening) = (
            try await world.registered(World.rsaPublicKey, mask: .encrypt), try await world.registered(World.rsaPrivateKey, mask: .decrypt)
        )
        let label = ByteBuffer(string: "label")
        for parameters in [
            CryptographicParameters(
                paddingMethod: .oaep, hashingAlgorithm: .sha256, cryptographicAlgorithm: .rsa, maskGeneratorHashingAlgorithm: .sha1),
            CryptographicParameters(paddingMethod: .oaep, hashingAlgorithm: .sha384, maskGenerator: .mgf1, pSource: label),
            CryptographicParameters(paddingMethod: .pkcs1V1_5),
        ] {
            let sealed: EncryptResponse = try await world.ask(
                EncryptRequest(uniqueIdentifier: sealing, cryptographicParameters: parameters, data: OfficialCase.message))
            #expect(sealed.data?.readableBytes == 256 && sealed.iv == nil && sealed.tag == nil)
            let request = DecryptRequest(uniqueIdentifier: opening, cryptographicParameters: parameters, data: sealed.data)
            let opened: DecryptResponse = try await world.ask(request)
            #expect(opened.data == OfficialCase.message)
            var wrong = request
            wrong.cryptographicParameters = CryptographicParameters(paddingMethod: .oaep, hashingAlgorithm: .sha512)
            #expect(try await world.reason(wrong) == .cryptographicFailure)
        }
        func reason(_ parameters: CryptographicParameters?, _ data: ByteBuffer = OfficialCase.message) async throws -> ResultReason? {
            try await world.reason(EncryptRequest(uniqueIdentifier: sealing, cryptographicParameters: parameters, data: data))
        }
        #expect(try await reason(nil) == .invalidField, "no padding")
        #expect(try await reason(CryptographicParameters(paddingMethod: .oaep)) == .invalidField, "no hash")
        #expect(try await reason(CryptographicParameters(paddingMethod: PaddingMethod.noPadding)) == .featureNotSupported)
        #expect(try await reason(CryptographicParameters(paddingMethod: .pkcs1V1_5), ByteBuffer(repeating: 1, count: 246)) == .cryptographicFailure)
        let ec = try await world.registered(World.ecPublicKey, mask: .encrypt)
        let request = EncryptRequest(
            uniqueIdentifier: ec, cryptographicParameters: CryptographicParameters(paddingMethod: .pkcs1V1_5), data: OfficialCase.message)
        #expect(try await world.reason(request) == .featureNotSupported)
    }
}
