import KCMEngine
import KMIP
import NIOCore
import Testing

/// Get with a Key Wrapping Specification, Register of wrapped keys, PKCS #12; AX-M-2 and TC-WRAP-1.
@Suite struct WrappingTests {
    private func wrapped(
        _ key: String,
        under kek: String,
        _ parameters: CryptographicParameters? = CryptographicParameters(blockCipherMode: .nistKeyWrap),
        _ encoding: EncodingOption? = nil,
        names: [String] = []
    ) -> GetRequest {
        GetRequest(
            uniqueIdentifier: key,
            keyWrappingSpecification: KeyWrappingSpecification(
                wrappingMethod: .encrypt,
                encryptionKeyInformation: KeyInformation(uniqueIdentifier: kek, cryptographicParameters: parameters),
                attributeNames: names,
                encodingOption: encoding
            )
        )
    }

    /// RFC 3394 §4.6.
    private let kek = Array(UInt8(0)..<32)
    private let data: [UInt8] = (0..<16).map { UInt8($0 * 17) } + Array(0..<16)

    @Test func withoutEncodingTheBytesAreThoseOfTheRFC() async throws {
        let world = try World.atEdge()
        let wrapping = try await world.register(kek, .wrapKey)
        let key = try await world.register(data, .encrypt)
        let block = try await world.block(wrapped(key, under: wrapping, CryptographicParameters(blockCipherMode: .nistKeyWrap), .noEncoding))
        guard case .bytes(let bytes, _)? = block.keyValue else { throw Unexpected() }
        #expect(hexadecimal(Array(bytes.readableBytesView)) == "28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21")
        let information = try #require(try block.wrapping())
        #expect(information.encryptionKeyInformation?.uniqueIdentifier == wrapping && information.encodingOption == .noEncoding)
        #expect(block.cryptographicAlgorithm == .aes && block.cryptographicLength == 256 && block.keyFormatType == .raw)
    }

    @Test(arguments: [EncodingOption?.none, .ttlvEncoding, .noEncoding], [BlockCipherMode.nistKeyWrap, .aesKeyWrapPadding, .cbc, .gcm])
    func whatIsWrappedIsUnwrapped(_ encoding: EncodingOption?, _ mode: BlockCipherMode) async throws {
        let world = try World.atEdge()
        let wrapping = try await world.register(kek, [.wrapKey, .unwrapKey])
        let key = try await world.register(data, .encrypt)
        let parameters = CryptographicParameters(blockCipherMode: mode, paddingMethod: mode == .cbc ? .pkcs5 : nil)
        let block = try await world.block(wrapped(key, under: wrapping, parameters, encoding))
        // Without an option the Key Value is a Byte String (AX-M-2).
        if encoding != .noEncoding { guard case .wrapped? = block.keyValue else { throw Unexpected() } }
        #expect(block.bytes?.starts(with: data) == false)
        let again = try await world.register(.symmetricKey(block), World.attributes(mask: .encrypt))
        let registered = try await world.block(GetRequest(uniqueIdentifier: again, keyWrapType: .asRegistered))
        #expect(registered.bytes == block.bytes && registered.keyWrappingData == block.keyWrappingData)
        let opened = try await world.block(GetRequest(uniqueIdentifier: again, keyWrapType: .notWrapped))
        #expect(opened.bytes == data && opened.keyWrappingData == nil)
        // Under another key it is none.
        _ = try await world.ask(
            RevokeRequest(uniqueIdentifier: wrapping, revocationReason: RevocationReason(code: .cessationOfOperation)), as: RevokeResponse.self)
        _ = try await world.ask(DestroyRequest(uniqueIdentifier: wrapping), as: DestroyResponse.self)
        #expect(try await world.reason(GetRequest(uniqueIdentifier: again, keyWrapType: .notWrapped)) == .permissionDenied)
    }

    @Test func theOfficialCaseGivesTheKeyBackAsItCame() async throws {
        let world = try World.atEdge()
        let kek = try await world.register(Array(0..<16), .wrapKey)
        var writer = TTLVWriter()
        writer.enumeration(.wrappingMethod, WrappingMethod.encrypt)
        KeyInformation(uniqueIdentifier: kek, cryptographicParameters: CryptographicParameters(blockCipherMode: .nistKeyWrap))
            .encode(as: .encryptionKeyInformation, to: &writer)
        writer.enumeration(.encodingOption, EncodingOption.noEncoding)
        let block = KeyBlock(
            keyFormatType: .raw, keyValue: .bytes(ByteBuffer(bytes: [0x1f, 0xa6, 0x8b]), attributes: []), cryptographicAlgorithm: .aes,
            cryptographicLength: 128, keyWrappingData: writer.buffer
        )
        let key = try await world.register(.symmetricKey(block), World.attributes(mask: .encrypt))
        let got = try await world.block(GetRequest(uniqueIdentifier: key, keyFormatType: .raw, keyWrapType: .asRegistered))
        guard case .bytes(let bytes, _)? = got.keyValue else { throw Unexpected() }
        #expect(Array(bytes.readableBytesView) == [0x1f, 0xa6, 0x8b] && got.keyWrappingData == block.keyWrappingData)
        #expect(
            try await world.reason(GetRequest(uniqueIdentifier: key, keyWrapType: .notWrapped)) == .permissionDenied, "the mask has no Unwrap Key")
        #expect(try await world.reason(wrapped(key, under: kek)) == .illegalOperation, "wrapped already")
    }

    @Test func attributesTravelInside() async throws {
        let world = try World.atEdge()
        let wrapping = try await world.register(kek, [.wrapKey, .decrypt])
        let key = try await world.register(data, .encrypt, and: [Attribute(.name, Name("inside").attributeValue)])
        let block = try await world.block(wrapped(key, under: wrapping, names: ["Name"]))
        let opened: DecryptResponse = try await world.ask(
            DecryptRequest(
                uniqueIdentifier: wrapping, cryptographicParameters: CryptographicParameters(blockCipherMode: .nistKeyWrap),
                data: block.bytes.map { ByteBuffer(bytes: $0) })
        )
        var value = try TTLVReader(message: try #require(opened.data), tag: .keyValue)
        let material = try #require(try value.next())
        #expect(try Array(value.bytes(material).readableBytesView) == data)
        let attribute = try #require(try value.next())
        #expect(attribute.tag == .attribute && value.isAtEnd)
        #expect(
            try await world.reason(
                wrapped(key, under: wrapping, CryptographicParameters(blockCipherMode: .nistKeyWrap), .noEncoding, names: ["Name"]))
                == .encodingOptionError)
    }

    @Test func theReasonsOfFailuresAreTheStandards() async throws {
        let world = try World.atEdge()
        let wrapping = try await world.register(kek, .wrapKey)
        let stated = Attribute(.cryptographicParameters, .structure([.init(.blockCipherMode, .enumeration(BlockCipherMode.nistKeyWrap.rawValue))]))
        let own = try await world.register(kek, .wrapKey, and: [stated])
        let key = try await world.register(data, .encrypt)
        let secret = try await world.secret([1], .seed)
        #expect(try await world.reason(wrapped(key, under: "L4-none")) == .itemNotFound)
        #expect(try await world.reason(wrapped(key, under: secret)) == .illegalOperation, "no key")
        #expect(try await world.reason(wrapped(key, under: key)) == .permissionDenied, "no Wrap Key")
        #expect(try await world.reason(wrapped(key, under: wrapping, nil)) == .itemNotFound, "no parameters anywhere")
        #expect(try await world.reason(wrapped(key, under: own, nil)) == nil)
        #expect(try await world.reason(wrapped(key, under: own, CryptographicParameters(blockCipherMode: .cbc))) == .itemNotFound)
        let l3 = wrapped(key, under: "L3-00000000-0000-4000-8000-000000000000")
        #expect(try await world.reason(l3) == .generalFailure, "Core, who would wrap, is away")
        let l2 = wrapped(key, under: "L2-00000000-0000-4000-8000-000000000000")
        #expect(try await world.reason(l2) == .permissionDenied)
        // Sensitive leaves wrapped, not Extractable does not.
        let sensitive = try await world.register(data, .encrypt, and: [Attribute(.sensitive, .boolean(true))])
        #expect(try await world.reason(GetRequest(uniqueIdentifier: sensitive)) == .sensitive)
        #expect(try await world.reason(wrapped(sensitive, under: wrapping)) == nil)
        let closed = try await world.register(data, .encrypt, and: [Attribute(.extractable, .boolean(false))])
        #expect(try await world.reason(wrapped(closed, under: wrapping)) == .notExtractable)
    }

    @Test func atCoreNothingLeavesWrapped() async throws {
        let world = try World.atCore()
        let mask = [Attribute(.name, Name("kek").attributeValue)]
        let made: CreateResponse = try await world.ask(
            CreateRequest(objectType: .symmetricKey, templateAttribute: World.attributes(.aes, 256, mask: [.wrapKey], active: true, and: mask)),
            from: World.admin)
        let key = try await world.key("k", from: World.admin)
        #expect(try await world.reason(wrapped(key, under: made.uniqueIdentifier), from: World.admin) == .notExtractable)
    }

    @Test func anRSAKeyWraps() async throws {
        let world = try World.atEdge()
        let pair: CreateKeyPairResponse = try await world.ask(
            CreateKeyPairRequest(
                commonTemplateAttribute: World.attributes(.rsa, 2048, active: true),
                privateKeyTemplateAttribute: World.attributes(mask: .unwrapKey),
                publicKeyTemplateAttribute: World.attributes(mask: .wrapKey)
            )
        )
        let key = try await world.register(data, .encrypt)
        let oaep = CryptographicParameters(paddingMethod: .oaep, hashingAlgorithm: .sha256)
        var block = try await world.block(wrapped(key, under: pair.publicKeyUniqueIdentifier, oaep))
        #expect(block.bytes?.count == 256)
        // Whoever unwraps names the private half.
        var data = try #require(try block.wrapping())
        data.encryptionKeyInformation?.uniqueIdentifier = pair.privateKeyUniqueIdentifier
        var writer = TTLVWriter()
        data.encode(to: &writer)
        block.keyWrappingData = try TTLVReader(message: writer.buffer, tag: .keyWrappingData).allItems
        let again = try await world.register(.symmetricKey(block), World.attributes(mask: .encrypt))
        #expect(try await world.block(GetRequest(uniqueIdentifier: again, keyWrapType: .notWrapped)).bytes == self.data)
    }
}
