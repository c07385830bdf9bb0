import KCMEngine
import KMIP
import NIOCore
import Testing

/// Derive Key, with answers of TC-DERIVEKEY-1-10, the RFCs and Python's hmac.
@Suite struct DeriveKeyTests {
    private func derive(
        _ bases: [String],
        _ method: DerivationMethod,
        _ parameters: DerivationParameters,
        _ type: ObjectType = .symmetricKey,
        bits: Int32? = 128,
        and more: [Attribute] = []
    ) -> DeriveKeyRequest {
        DeriveKeyRequest(
            objectType: type, uniqueIdentifiers: bases, derivationMethod: method, derivationParameters: parameters,
            templateAttribute: World.attributes(type == .symmetricKey ? .aes : nil, bits, mask: [.encrypt, .decrypt], and: more)
        )
    }

    private func bytes(_ world: World, _ request: DeriveKeyRequest) async throws -> String {
        let made: DeriveKeyResponse = try await world.ask(request)
        return hexadecimal(try await world.bytes(made.uniqueIdentifier))
    }

    private let sha256 = CryptographicParameters(hashingAlgorithm: .sha256)

    @Test func theOfficialCase() async throws {
        let world = try World.atEdge()
        let base = try await world.register(
            [0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff], [.encrypt, .decrypt, .deriveKey])
        let request = derive([base], .hash, DerivationParameters(cryptographicParameters: sha256))
        let made: DeriveKeyResponse = try await world.ask(request, version: .v1_0)
        #expect(hexadecimal(try await world.bytes(made.uniqueIdentifier)) == "a8faed6abbf35c12a4b26e40f6feb19d")
        #expect(try await world.linked(made.uniqueIdentifier, .derivationBaseObjectLink) == [base])
        #expect(try await world.linked(base, .derivedKeyLink) == [made.uniqueIdentifier])
        #expect(
            try await world.reason(derive([base], .hash, DerivationParameters(cryptographicParameters: sha256), .secretData, bits: 264))
                == .cryptographicFailure)
    }

    @Test func everyMethodGivesTheKnownAnswer() async throws {
        let world = try World.atEdge()
        let password = try await world.secret(Array("password".utf8), .password)
        let pbkdf2 = DerivationParameters(
            cryptographicParameters: CryptographicParameters(hashingAlgorithm: .sha1), salt: ByteBuffer(string: "salt"), iterationCount: 4096)
        #expect(try await bytes(world, derive([password], .pbkdf2, pbkdf2, .secretData, bits: 160)) == "4b007901b765489abead49d926f721d065a429c1")

        let key = try await world.register(Array(0..<32), .deriveKey)
        let fixed = ByteBuffer(bytes: Array("label\u{0}context".utf8))
        let nist = DerivationParameters(cryptographicParameters: sha256, derivationData: fixed)
        #expect(try await bytes(world, derive([key], .nist800_108C, nist)) == "18b8910606f09c475658fb393a635218")
        let feedback = DerivationParameters(
            cryptographicParameters: sha256, initializationVector: ByteBuffer(bytes: Array(100..<132)), derivationData: fixed)
        #expect(try await bytes(world, derive([key], .nist800_108F, feedback)) == "34fd318cd25c3b1961253b9e47dc5b24")
        #expect(try await bytes(world, derive([key], .nist800_108DPI, nist)) == "80d3e0462dfaf65bdca1b3602dd52bd3")
        // The data as a Secret Data object.
        let data = try await world.secret(Array("label\u{0}context".utf8), .seed)
        let implicit = DerivationParameters(cryptographicParameters: sha256)
        #expect(try await bytes(world, derive([key, data], .nist800_108C, implicit)) == "18b8910606f09c475658fb393a635218")
        #expect(try await world.reason(derive([key, data], .nist800_108C, nist)) == .invalidMessage, "both")

        // RFC 4231, case 2; the algorithm is the key's.
        let jefe = try await world.register(Array("Jefe".utf8), .deriveKey, algorithm: .hmacSHA256)
        let what = DerivationParameters(derivationData: ByteBuffer(string: "what do ya want for nothing?"))
        #expect(try await bytes(world, derive([jefe], .hmac, what)) == "5bdcc146bf60754e6a042426089575c7")

        // FIPS 197, C.3.
        let ecb = DerivationParameters(
            cryptographicParameters: CryptographicParameters(blockCipherMode: .ecb),
            derivationData: ByteBuffer(bytes: (0..<16).map { UInt8($0 * 17) }))
        #expect(try await bytes(world, derive([key], .encrypt, ecb)) == "8ea2b7ca516745bfeafc49904b496089")
    }

    @Test func whatTheStandardRefusesIsRefused() async throws {
        let world = try World.atEdge()
        let key = try await world.register(Array(0..<32), .deriveKey)
        let other = try await world.register(Array(0..<32), .encrypt)
        let hash = DerivationParameters(cryptographicParameters: sha256)
        #expect(try await world.reason(derive([other], .hash, hash)) == .invalidField, "the mask")
        #expect(try await world.reason(derive([key], .hash, hash, bits: nil)) == .invalidField, "the length is required")
        #expect(try await world.reason(derive([key], .hash, hash, .publicKey)) == .invalidField)
        #expect(try await world.reason(derive([key], .hmac, hash)) == .invalidField, "no data")
        #expect(try await world.reason(derive([key], DerivationMethod(rawValue: 0x99), hash)) == .invalidField)
        #expect(try await world.reason(derive(["L4-none"], .hash, hash)) == .itemNotFound)
        #expect(try await world.reason(derive(["L3-00000000-0000-4000-8000-000000000000"], .hash, hash)) == .permissionDenied)
        let many = DerivationParameters(cryptographicParameters: sha256, salt: ByteBuffer(string: "s"), iterationCount: .max)
        #expect(try await world.reason(derive([key], .pbkdf2, many)) == .invalidField)
        #expect(try await world.reason(derive([key], .hash, hash, and: [Attribute(.level, .text("L3"))])) == .permissionDenied)
        // What is derived from a closed key is closed.
        let closed = try await world.register(Array(0..<32), .deriveKey, and: [Attribute(.sensitive, .boolean(true))])
        let made: DeriveKeyResponse = try await world.ask(derive([closed], .hash, hash))
        #expect(try await world.reason(GetRequest(uniqueIdentifier: made.uniqueIdentifier)) == .sensitive)
    }
}

func hexadecimal(_ bytes: [UInt8]) -> String { bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }
