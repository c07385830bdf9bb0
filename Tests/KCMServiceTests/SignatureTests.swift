import KMIP
import NIOCore
import Testing

/// Sign and Signature Verify (KMIP 1.4 §4.31, §4.32), with the values of the official cases.
@Suite struct SignatureTests {
    private static let pss: [AttributeValue.Field] = [
        .init(.paddingMethod, .enumeration(PaddingMethod.pss.rawValue)), .init(.hashingAlgorithm, .enumeration(HashingAlgorithm.sha256.rawValue)),
        .init(.cryptographicAlgorithm, .enumeration(CryptographicAlgorithm.rsa.rawValue)),
    ]

    private func validity(_ world: World, _ request: SignatureVerifyRequest, version: ProtocolVersion = .v1_4) async throws -> ValidityIndicator {
        let answer: SignatureVerifyResponse = try await world.ask(request, version: version)
        return answer.validityIndicator
    }

    @Test("CS-AC-M-2: a signature that does not match is a success that says Invalid")
    func pssIsVerified() async throws {
        let world = try World.atEdge()
        let key = try await world.registered(World.rsaPublicKey, mask: .verify, parameters: Self.pss)
        var request = SignatureVerifyRequest(uniqueIdentifier: key, data: OfficialCase.message, signatureData: OfficialCase.pssSignature)
        #expect(try await validity(world, request) == .valid)
        request.data = OfficialCase.bytes("ff020304050607080910111213141516")
        #expect(try await validity(world, request) == .invalid)
        request.data = OfficialCase.message
        request.signatureData = ByteBuffer(string: "no signature")
        #expect(try await validity(world, request) == .invalid)
        request.signatureData = nil
        #expect(try await world.reason(request) == .invalidMessage)
        #expect(try await world.reason(SignRequest(uniqueIdentifier: key, data: OfficialCase.message)) == .permissionDenied, "the mask")
    }

    @Test("CS-AC-M-1 and CS-AC-M-3: what is signed is verified, and with another hash it is not")
    func pssIsSigned() async throws {
        let world = try World.atEdge()
        let (signing, verifying) = (
            try await world.registered(World.rsaPrivateKey, mask: .sign, parameters: Self.pss),
            try await world.registered(World.rsaPublicKey, mask: .verify, parameters: Self.pss)
        )
        let signed: SignResponse = try await world.ask(SignRequest(uniqueIdentifier: signing, data: OfficialCase.message))
        #expect(signed.signatureData?.readableBytes == 256)
        var request = SignatureVerifyRequest(uniqueIdentifier: verifying, data: OfficialCase.message, signatureData: signed.signatureData)
        #expect(try await validity(world, request) == .valid)
        request.cryptographicParameters = CryptographicParameters(paddingMethod: .pss, hashingAlgorithm: .sha1, cryptographicAlgorithm: .rsa)
        #expect(try await validity(world, request) == .invalid)
        let long = CryptographicParameters(paddingMethod: .pss, hashingAlgorithm: .sha256, cryptographicAlgorithm: .rsa, saltLength: 222)
        let salted: SignResponse = try await world.ask(
            SignRequest(uniqueIdentifier: signing, cryptographicParameters: long, data: OfficialCase.message))
        request.signatureData = salted.signatureData
        request.cryptographicParameters = long
        #expect(try await validity(world, request) == .valid)
        let longer = CryptographicParameters(saltLength: 223)
        let refused = SignRequest(uniqueIdentifier: signing, cryptographicParameters: longer, data: OfficialCase.message)
        #expect(try await world.reason(refused) == .cryptographicFailure)
    }

    @Test("TC-ECDSA-SIGN: secp256k1, and the digest instead of the data")
    func ecdsa() async throws {
        let world = try World.atEdge()
        let (signing, verifying) = (
            try await world.registered(World.ecPrivateKey, mask: .sign), try await world.registered(World.ecPublicKey, mask: .verify)
        )
        let parameters = CryptographicParameters(hashingAlgorithm: .sha256, cryptographicAlgorithm: .ecdsa)
        let signed: SignResponse = try await world.ask(
            SignRequest(uniqueIdentifier: signing, cryptographicParameters: parameters, data: OfficialCase.message))
        func verify(_ signature: ByteBuffer?) -> SignatureVerifyRequest {
            SignatureVerifyRequest(
                uniqueIdentifier: verifying, cryptographicParameters: parameters, data: OfficialCase.message, signatureData: signature)
        }
        #expect(try await validity(world, verify(signed.signatureData)) == .valid)
        #expect(try await validity(world, verify(OfficialCase.ecSignature)) == .valid)
        #expect(try await validity(world, verify(OfficialCase.ecWrongSignature)) == .invalid)

        let digest: HashResponse = try await world.ask(
            HashRequest(cryptographicParameters: CryptographicParameters(hashingAlgorithm: .sha256), data: OfficialCase.message))
        let fromDigest: SignResponse = try await world.ask(
            SignRequest(uniqueIdentifier: signing, cryptographicParameters: parameters, digestedData: digest.data))
        #expect(try await validity(world, verify(fromDigest.signatureData)) == .valid)
        var request = verify(OfficialCase.ecSignature)
        request.data = nil
        request.digestedData = digest.data
        #expect(try await validity(world, request) == .valid)
        request.digestedData = ByteBuffer(string: "short")
        #expect(try await world.reason(request) == .cryptographicFailure)
        request.data = OfficialCase.message
        #expect(try await world.reason(request) == .invalidField, "both")
    }

    @Test(
        "every way to name an algorithm",
        arguments: [
            CryptographicParameters(digitalSignatureAlgorithm: .sha512WithRSAEncryption),
            CryptographicParameters(digitalSignatureAlgorithm: .sha3_256WithRSAEncryption),
            CryptographicParameters(hashingAlgorithm: .sha384, digitalSignatureAlgorithm: .rsassaPSS),
            CryptographicParameters(paddingMethod: .pkcs1V1_5, hashingAlgorithm: .sha512_256), CryptographicParameters(hashingAlgorithm: .md5),
            CryptographicParameters(paddingMethod: .pss, hashingAlgorithm: .sha256, maskGenerator: .mgf1, maskGeneratorHashingAlgorithm: .sha1),
        ])
    func names(parameters: CryptographicParameters) async throws {
        let world = try World.atEdge()
        let key = try await world.registered(World.rsaPrivateKey, mask: [.sign, .verify])
        let signed: SignResponse = try await world.ask(
            SignRequest(uniqueIdentifier: key, cryptographicParameters: parameters, data: OfficialCase.message), version: .v1_2)
        let request = SignatureVerifyRequest(
            uniqueIdentifier: key, cryptographicParameters: parameters, data: OfficialCase.message, signatureData: signed.signatureData)
        #expect(try await validity(world, request, version: .v1_2) == .valid)
        var other = request
        other.cryptographicParameters = CryptographicParameters(paddingMethod: .pkcs1V1_5, hashingAlgorithm: .sha1)
        #expect(try await validity(world, other) == .invalid)
    }

    @Test("what does not go together has its reason")
    func refusals() async throws {
        let world = try World.atEdge()
        let rsa = try await world.registered(World.rsaPrivateKey, mask: .sign)
        let ec = try await world.registered(World.ecPrivateKey, mask: .sign)
        let aes = try await world.registered(World.aesKey, mask: .sign)
        let broken = try await world.registered(.privateKey(World.block(ByteBuffer(string: "no key"), .pkcs8, .rsa)), mask: .sign)
        let raw = try await world.registered(.privateKey(World.block(ByteBuffer(string: "no key"), .raw, .rsa)), mask: .sign)
        func reason(_ key: String, _ parameters: CryptographicParameters?) async throws -> ResultReason? {
            try await world.reason(SignRequest(uniqueIdentifier: key, cryptographicParameters: parameters, data: OfficialCase.message))
        }
        let sha256 = CryptographicParameters(hashingAlgorithm: .sha256)
        #expect(try await reason(rsa, nil) == .invalidField, "no hash")
        #expect(try await reason(rsa, CryptographicParameters(digitalSignatureAlgorithm: .ecdsaWithSHA256)) == .featureNotSupported)
        #expect(try await reason(ec, CryptographicParameters(digitalSignatureAlgorithm: .sha1WithRSAEncryption)) == .featureNotSupported)
        #expect(try await reason(ec, CryptographicParameters(hashingAlgorithm: .sha256, cryptographicAlgorithm: .rsa)) == .featureNotSupported)
        #expect(try await reason(rsa, CryptographicParameters(paddingMethod: .oaep, hashingAlgorithm: .sha256)) == .featureNotSupported)
        #expect(try await reason(rsa, CryptographicParameters(hashingAlgorithm: .tiger)) == .featureNotSupported)
        #expect(try await reason(rsa, CryptographicParameters(paddingMethod: .pss, hashingAlgorithm: .sha256, trailerField: 2)) == .invalidField)
        #expect(try await reason(aes, sha256) == .illegalOperation)
        #expect(try await reason(broken, sha256) == .cryptographicFailure)
        #expect(try await reason(raw, sha256) == .keyFormatTypeNotSupported)
        #expect(try await world.reason(SignRequest(uniqueIdentifier: rsa, cryptographicParameters: sha256)) == .invalidMessage, "no data")
        #expect(try await world.reason(SignRequest(uniqueIdentifier: rsa), version: .v1_1) == .operationNotSupported)
    }
}
