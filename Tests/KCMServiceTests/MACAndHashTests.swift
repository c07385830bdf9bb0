import KCMEngine
import KMIP
import NIOCore
import Testing

/// MAC, MAC Verify, Hash, RNG Retrieve and RNG Seed (KMIP 1.4 §4.33 to §4.37), with the values of the official cases.
@Suite struct MACAndHashTests {
    private static let hmac: [AttributeValue.Field] = [
        .init(.cryptographicAlgorithm, .enumeration(CryptographicAlgorithm.hmacSHA256.rawValue))
    ]
    private static let code = OfficialCase.bytes("c911e78196d64c30f631bb079ea37b97a95936d4da764d6a171df030c895ecf9")

    @Test("CS-AC-M-4 to 6: an AES key serves the HMAC of its parameters")
    func hmacOfAnAESKey() async throws {
        let world = try World.atEdge()
        let key = try await world.registered(World.aesKey, mask: [.macGenerate, .macVerify], parameters: Self.hmac)
        let made: MACResponse = try await world.ask(MACRequest(uniqueIdentifier: key, data: OfficialCase.message))
        #expect(made.macData == Self.code)
        for (code, validity) in [
            (Self.code, ValidityIndicator.valid), (ByteBuffer(repeating: 0, count: 32), .invalid), (ByteBuffer(), .invalid),
            (Self.code.getSlice(at: 0, length: 16) ?? ByteBuffer(), .invalid),
        ] {
            let answer: MACVerifyResponse = try await world.ask(
                MACVerifyRequest(uniqueIdentifier: key, data: OfficialCase.message, macData: code))
            #expect(answer.validityIndicator == validity)
        }
        #expect(try await world.reason(MACVerifyRequest(uniqueIdentifier: key, data: OfficialCase.message)) == .invalidMessage)
        #expect(try await world.reason(MACRequest(uniqueIdentifier: key)) == .invalidMessage)
    }

    @Test(
        "a block cipher key without parameters makes a CMAC (SP 800-38B)",
        arguments: [
            ("2b7e151628aed2a6abf7158809cf4f3c", CryptographicAlgorithm.aes, "bb1d6929e95937287fa37d129b756746"),
            ("8aa83bf8cbda10620bc1bf19fbb6cd58bc313d4a371ca8b5", .tripleDES, "b7a688e122ffaf95"),
        ])
    func cmac(key: String, algorithm: CryptographicAlgorithm, code: String) async throws {
        let world = try World.atEdge()
        let key = try await world.registered(World.symmetric(OfficialCase.bytes(key), algorithm), mask: .macGenerate)
        let made: MACResponse = try await world.ask(MACRequest(uniqueIdentifier: key, data: ByteBuffer()))
        #expect(made.macData == OfficialCase.bytes(code))
    }

    @Test("the mask, the lifecycle and the parameters decide")
    func refusals() async throws {
        let world = try World.atEdge()
        let encrypting = try await world.registered(World.aesKey, mask: .encrypt)
        #expect(try await world.reason(MACRequest(uniqueIdentifier: encrypting, data: OfficialCase.message)) == .permissionDenied)
        #expect(
            try await world.reason(MACVerifyRequest(uniqueIdentifier: encrypting, data: OfficialCase.message, macData: Self.code))
                == .permissionDenied)
        let key = try await world.registered(World.aesKey, mask: .macGenerate)
        for parameters in [
            CryptographicParameters(blockCipherMode: .cbcMAC), CryptographicParameters(cryptographicAlgorithm: .rsa),
            CryptographicParameters(cryptographicAlgorithm: .tripleDES),
        ] {
            let request = MACRequest(uniqueIdentifier: key, cryptographicParameters: parameters, data: OfficialCase.message)
            #expect(try await world.reason(request) == .featureNotSupported)
        }
        let rsa = try await world.registered(World.rsaPrivateKey, mask: .macGenerate)
        #expect(try await world.reason(MACRequest(uniqueIdentifier: rsa, data: OfficialCase.message)) == .illegalOperation)
    }

    @Test("CS-AC-M-7: hashes need no key, but a role that may encrypt")
    func hash() async throws {
        let world = try World.atEdge()
        let request = HashRequest(cryptographicParameters: CryptographicParameters(hashingAlgorithm: .sha256), data: OfficialCase.message)
        let answer: HashResponse = try await world.ask(request)
        #expect(answer.data == OfficialCase.bytes("ad41233d22cf9322e3a7ff49a13da434797abed3bab80950a1a0d4e582b7ea72"))
        #expect(try await world.reason(HashRequest(data: OfficialCase.message)) == .invalidField)
        #expect(try await world.reason(HashRequest(cryptographicParameters: request.cryptographicParameters)) == .invalidMessage)
        let md2 = HashRequest(cryptographicParameters: CryptographicParameters(hashingAlgorithm: .md2), data: OfficialCase.message)
        #expect(try await world.reason(md2) == .featureNotSupported)
        #expect(try await world.reason(request, from: World.auditor) == .permissionDenied)
        // Long data is hashed in a task, to the same end.
        let long = HashRequest(
            cryptographicParameters: CryptographicParameters(hashingAlgorithm: .sha1),
            data: ByteBuffer(repeating: UInt8(ascii: "a"), count: 1_000_000))
        let digest: HashResponse = try await world.ask(long)
        #expect(digest.data == OfficialCase.bytes("34aa973cd4c4daa4f61eeb2bdbad27316534016f"), "FIPS 180-4, a million times a")
    }

    @Test("CS-RNG-M-1, CS-RNG-O-1: random bytes come, seeds are taken")
    func random() async throws {
        let world = try World.atEdge()
        let one: RNGRetrieveResponse = try await world.ask(RNGRetrieveRequest(dataLength: 32))
        let two: RNGRetrieveResponse = try await world.ask(RNGRetrieveRequest(dataLength: 32))
        #expect(one.data.readableBytes == 32 && one.data != two.data)
        for length: Int32 in [0, -1, 65_537] { #expect(try await world.reason(RNGRetrieveRequest(dataLength: length)) == .invalidField) }
        for (count, taken) in [(0, 0), (32, 32), (10_000, 512)] {
            let answer: RNGSeedResponse = try await world.ask(RNGSeedRequest(data: ByteBuffer(repeating: 7, count: count)))
            #expect(answer.dataLength == Int32(taken))
        }
        for request: any RequestPayload in [RNGRetrieveRequest(dataLength: 32), RNGSeedRequest(data: ByteBuffer(string: "seed"))] {
            #expect(try await world.reason(request, from: World.auditor) == .permissionDenied)
            #expect(try await world.reason(request, version: .v1_1) == .operationNotSupported)
        }
    }
}
