import KCMEngine
import KMIP
import NIOCore
import Testing

/// Messages in parts (KMIP 1.3): Correlation Value, Init Indicator, Final Indicator.
@Suite struct StreamTests {
    private static let ecb = CryptographicParameters(blockCipherMode: .ecb)
    private static let ciphertext = OfficialCase.bytes("d9bcce11b0b437b90239552df3a360c9")

    private func key(_ world: World) async throws -> String {
        try await world.registered(
            World.aesKey, mask: [.encrypt, .decrypt, .macGenerate, .macVerify],
            parameters: [.init(.blockCipherMode, .enumeration(BlockCipherMode.ecb.rawValue))])
    }

    private func begin(_ key: String, _ data: String = "") -> EncryptRequest {
        EncryptRequest(uniqueIdentifier: key, data: data.isEmpty ? nil : OfficialCase.bytes(data), initIndicator: true)
    }

    private func next(_ key: String, _ value: ByteBuffer?, _ data: String = "", last: Bool = false) -> EncryptRequest {
        EncryptRequest(
            uniqueIdentifier: key, data: data.isEmpty ? nil : OfficialCase.bytes(data), correlationValue: value, finalIndicator: last ? true : nil)
    }

    @Test("TC-STREAM-ENC: whole blocks as they come, and no Data where there is none")
    func blocks() async throws {
        let world = try World.atEdge()
        let key = try await key(world)
        let first: EncryptResponse = try await world.ask(begin(key, "0102030405060708"))
        #expect(first.data == nil && first.correlationValue?.readableBytes == 16)
        let second: EncryptResponse = try await world.ask(next(key, first.correlationValue, "0910111213141516"))
        #expect(second.data == Self.ciphertext && second.correlationValue == first.correlationValue)
        let last: EncryptResponse = try await world.ask(next(key, first.correlationValue, last: true))
        #expect(last.data == nil && last.correlationValue == nil)
        #expect(try await world.reason(next(key, first.correlationValue, last: true)) == .invalidField, "it is over")

        let empty: EncryptResponse = try await world.ask(begin(key))
        #expect(empty.data == nil)
        let part: EncryptResponse = try await world.ask(next(key, empty.correlationValue, "010203040506070809101112"))
        #expect(part.data == nil)
        let done: EncryptResponse = try await world.ask(next(key, empty.correlationValue, "13141516", last: true))
        #expect(done.data == Self.ciphertext && done.correlationValue == nil)
        var whole = begin(key, "01020304050607080910111213141516")
        whole.finalIndicator = true
        let once: EncryptResponse = try await world.ask(whole, version: .v1_3)
        #expect(once.data == Self.ciphertext && once.correlationValue == nil)
    }

    @Test("CS-BC-M-GCM-3: the tag comes with the last part; a decryption gives nothing out before its tag was checked")
    func gcm() async throws {
        let world = try World.atEdge()
        let key = try await world.registered(World.symmetric(OfficialCase.bytes("feffe9928665731c6d6a8f9467308308")), mask: [.encrypt, .decrypt])
        let parameters = CryptographicParameters(blockCipherMode: .gcm, tagLength: 16)
        let (iv, aad) = (OfficialCase.bytes("cafebabefacedbad"), OfficialCase.bytes("feedfacedeadbeeffeedfacedeadbeefabaddad2"))
        let plaintext = [
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72", "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
        ]
        let sealed = ["61353b4c2806934a777ff51fa22a4755699b2a714fcdc6f83766e5f97b6c7423", "73806900e49f24b22b097544d4896b424989b5e1ebac0f07c23f4598"]
        let tag = OfficialCase.bytes("3612d2e79e3b0785561be14aaca2fccb")
        let first: EncryptResponse = try await world.ask(
            EncryptRequest(
                uniqueIdentifier: key, cryptographicParameters: parameters, data: OfficialCase.bytes(plaintext[0]), iv: iv, initIndicator: true,
                additionalData: aad))
        #expect(first.data == OfficialCase.bytes(sealed[0]) && first.tag == nil)
        var late = next(key, first.correlationValue, plaintext[1], last: true)
        late.cryptographicParameters = parameters
        let last: EncryptResponse = try await world.ask(late)
        #expect(last.data == OfficialCase.bytes(sealed[1]) && last.tag == tag)

        func decrypt(tag: ByteBuffer?) async throws -> ByteBuffer? {
            let first: DecryptResponse = try await world.ask(
                DecryptRequest(
                    uniqueIdentifier: key, cryptographicParameters: parameters, data: OfficialCase.bytes(sealed[0]), iv: iv, initIndicator: true,
                    additionalData: aad))
            #expect(first.data == nil)
            let last: DecryptResponse = try await world.ask(
                DecryptRequest(
                    uniqueIdentifier: key, data: OfficialCase.bytes(sealed[1]), correlationValue: first.correlationValue, finalIndicator: true,
                    tag: tag))
            #expect(last.correlationValue == nil)
            return last.data
        }
        #expect(try await decrypt(tag: tag) == OfficialCase.bytes(plaintext.joined()))
        await #expect(throws: OperationFailure.self) { try await decrypt(tag: ByteBuffer(repeating: 0, count: 16)) }
        await #expect(throws: OperationFailure.self) { try await decrypt(tag: nil) }
        // In KMIP 1.3 the tag stands behind the ciphertext.
        let old: EncryptResponse = try await world.ask(
            EncryptRequest(uniqueIdentifier: key, cryptographicParameters: parameters, iv: iv, initIndicator: true, additionalData: aad),
            version: .v1_3)
        let oldLast: EncryptResponse = try await world.ask(next(key, old.correlationValue, plaintext.joined(), last: true), version: .v1_3)
        #expect(oldLast.data == OfficialCase.bytes(sealed.joined() + "3612d2e79e3b0785561be14aaca2fccb") && oldLast.tag == nil)
    }

    @Test(
        "what cannot be worked on in parts is gathered",
        arguments: [
            CryptographicParameters(blockCipherMode: .ccm, randomIV: true),
            CryptographicParameters(blockCipherMode: .cbc, paddingMethod: .ansiX9_23, randomIV: true),
            CryptographicParameters(blockCipherMode: .aesKeyWrapPadding),
            CryptographicParameters(blockCipherMode: .cbc, paddingMethod: .pkcs5, randomIV: true),
        ])
    func gathered(parameters: CryptographicParameters) async throws {
        let world = try World.atEdge()
        let key = try await world.registered(World.aesKey, mask: [.encrypt, .decrypt])
        var first = begin(key, "010203")
        first.cryptographicParameters = parameters
        let begun: EncryptResponse = try await world.ask(first)
        let ended: EncryptResponse = try await world.ask(next(key, begun.correlationValue, "0405060708", last: true))
        let request = DecryptRequest(
            uniqueIdentifier: key, cryptographicParameters: parameters, iv: begun.iv ?? ended.iv, initIndicator: true)
        let opening: DecryptResponse = try await world.ask(request)
        let opened: DecryptResponse = try await world.ask(
            DecryptRequest(uniqueIdentifier: key, data: ended.data, correlationValue: opening.correlationValue, finalIndicator: true, tag: ended.tag))
        #expect(opened.data == OfficialCase.bytes("0102030405060708"))
    }

    @Test("Hash, MAC, MAC Verify, Sign and Signature Verify in parts")
    func digests() async throws {
        let world = try World.atEdge()
        let halves = [OfficialCase.bytes("0102030405060708"), OfficialCase.bytes("0910111213141516")]
        let start = StreamPart(initIndicator: true)
        func end(_ value: ByteBuffer?) -> StreamPart { StreamPart(correlationValue: value, finalIndicator: true) }
        let sha256 = CryptographicParameters(hashingAlgorithm: .sha256)

        let hashing: HashResponse = try await world.ask(HashRequest(cryptographicParameters: sha256, data: halves[0], stream: start))
        #expect(hashing.data == nil)
        let hashed: HashResponse = try await world.ask(HashRequest(data: halves[1], stream: end(hashing.correlationValue)))
        #expect(hashed.data == OfficialCase.bytes("ad41233d22cf9322e3a7ff49a13da434797abed3bab80950a1a0d4e582b7ea72"))

        let hmac = CryptographicParameters(cryptographicAlgorithm: .hmacSHA256)
        let key = try await key(world)
        let coding: MACResponse = try await world.ask(
            MACRequest(uniqueIdentifier: key, cryptographicParameters: hmac, data: halves[0], stream: start))
        let coded: MACResponse = try await world.ask(MACRequest(uniqueIdentifier: key, data: halves[1], stream: end(coding.correlationValue)))
        #expect(coded.macData == OfficialCase.bytes("c911e78196d64c30f631bb079ea37b97a95936d4da764d6a171df030c895ecf9"))
        let checking: MACVerifyResponse = try await world.ask(
            MACVerifyRequest(uniqueIdentifier: key, cryptographicParameters: hmac, data: halves[0], stream: start))
        #expect(checking.validityIndicator == .unknown)
        let checked: MACVerifyResponse = try await world.ask(
            MACVerifyRequest(uniqueIdentifier: key, data: halves[1], macData: coded.macData, stream: end(checking.correlationValue)))
        #expect(checked.validityIndicator == .valid)

        let (signing, verifying) = (
            try await world.registered(World.ecPrivateKey, mask: .sign), try await world.registered(World.ecPublicKey, mask: .verify)
        )
        let begun: SignResponse = try await world.ask(
            SignRequest(uniqueIdentifier: signing, cryptographicParameters: sha256, data: halves[0], stream: start))
        #expect(begun.signatureData == nil)
        let signed: SignResponse = try await world.ask(SignRequest(uniqueIdentifier: signing, data: halves[1], stream: end(begun.correlationValue)))
        for (signature, validity) in [
            (signed.signatureData, ValidityIndicator.valid), (OfficialCase.ecSignature, .valid), (OfficialCase.ecWrongSignature, .invalid),
        ] {
            let begun: SignatureVerifyResponse = try await world.ask(
                SignatureVerifyRequest(uniqueIdentifier: verifying, cryptographicParameters: sha256, data: halves[0], stream: start))
            #expect(begun.validityIndicator == .unknown)
            let ended: SignatureVerifyResponse = try await world.ask(
                SignatureVerifyRequest(uniqueIdentifier: verifying, data: halves[1], signatureData: signature, stream: end(begun.correlationValue)))
            #expect(ended.validityIndicator == validity)
        }
    }

    @Test("a stream is its tenant's, its operation's and its object's")
    func binding() async throws {
        let world = try World.atEdge()
        let key = try await key(world)
        let other = try await self.key(world)
        let begun: EncryptResponse = try await world.ask(begin(key, "0102030405060708"))
        let value = begun.correlationValue
        #expect(try await world.reason(next(other, value, last: true)) == .invalidField)
        #expect(try await world.reason(DecryptRequest(uniqueIdentifier: key, correlationValue: value, finalIndicator: true)) == .invalidField)
        #expect(try await world.reason(next(key, ByteBuffer(string: "made up"), last: true)) == .invalidField)
        let hashing: HashResponse = try await world.ask(
            HashRequest(cryptographicParameters: CryptographicParameters(hashingAlgorithm: .sha1), stream: StreamPart(initIndicator: true)))
        let theirs = HashRequest(stream: StreamPart(correlationValue: hashing.correlationValue, finalIndicator: true))
        #expect(try await world.reason(theirs, from: World.globex) == .invalidField)
        #expect(try await world.reason(theirs) == nil, "none of that ended it")
        #expect(try await world.reason(next(key, value, "0910111213141516", last: true)) == nil)
    }

    @Test("fields that contradict one another, and versions without streams")
    func contradictions() async throws {
        let world = try World.atEdge()
        let key = try await key(world)
        let begun: EncryptResponse = try await world.ask(begin(key))
        var request = begin(key)
        request.correlationValue = begun.correlationValue
        #expect(try await world.reason(request) == .invalidField)
        request = next(key, nil, "0102030405060708")
        request.finalIndicator = false
        #expect(try await world.reason(request) == .invalidField)
        #expect(try await world.reason(begin(key, "01"), version: .v1_2) == .featureNotSupported)
        request = next(key, begun.correlationValue)
        request.additionalData = ByteBuffer(string: "late")
        #expect(try await world.reason(request) == .invalidField)
    }

    @Test("a part that fails ends the stream; so do revoking the key and closing the tenant's keys")
    func ends() async throws {
        let world = try World.atEdge()
        let key = try await key(world)
        let begun: EncryptResponse = try await world.ask(begin(key, "01"))
        #expect(try await world.reason(next(key, begun.correlationValue, last: true)) == .cryptographicFailure, "no whole block")
        #expect(try await world.reason(next(key, begun.correlationValue, last: true)) == .invalidField)

        let closed: EncryptResponse = try await world.ask(begin(key, "01"))
        world.engine.repository.forget(tenant: "acme")
        #expect(try await world.reason(next(key, closed.correlationValue)) == .invalidField)

        let decrypting: DecryptResponse = try await world.ask(DecryptRequest(uniqueIdentifier: key, initIndicator: true))
        _ = try await world.ask(RevokeRequest(uniqueIdentifier: key, revocationReason: World.revoke), as: RevokeResponse.self)
        let rest = DecryptRequest(uniqueIdentifier: key, data: Self.ciphertext, correlationValue: decrypting.correlationValue, finalIndicator: true)
        #expect(try await world.reason(rest) == .invalidField)
    }

    @Test("streams are bounded in number for each tenant, and each part is charged to Usage Limits")
    func bounds() async throws {
        let world = try World.atEdge()
        let key = try await key(world)
        var values: [ByteBuffer?] = []
        for _ in 0..<StreamLimits().perTenant {
            let begun: EncryptResponse = try await world.ask(begin(key, "01"))
            values.append(begun.correlationValue)
        }
        #expect(try await world.reason(begin(key)) == .generalFailure)
        let hash = HashRequest(cryptographicParameters: CryptographicParameters(hashingAlgorithm: .sha1), stream: StreamPart(initIndicator: true))
        #expect(try await world.reason(hash, from: World.globex) == nil, "another tenant's are another tenant's")
        #expect(try await world.reason(next(key, values[0], last: true)) == .cryptographicFailure)
        #expect(try await world.reason(begin(key)) == nil)

        let limits: AttributeValue = .structure([
            .init(.usageLimitsTotal, .longInteger(20)), .init(.usageLimitsUnit, .enumeration(UsageLimitsUnit.byte.rawValue)),
        ])
        let limited = try World.atEdge()
        let charged = try await limited.registered(World.aesKey, mask: .encrypt, attributes: [Attribute(.usageLimits, limits)])
        var first = begin(charged, "01020304050607080910")
        first.cryptographicParameters = Self.ecb
        let begun: EncryptResponse = try await limited.ask(first)
        #expect(try await limited.reason(next(charged, begun.correlationValue, "0102030405060708091011")) == .permissionDenied, "10 bytes are left")
    }
}
