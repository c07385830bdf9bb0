import KCMEngine
import KCMPluginHost
import KCMStore
import KMIP
import NIOCore
import Testing

/// What the operations do to objects, asked as a client asks.
@Suite struct OperationTests {
    @Test func aKeyIsMadeFetchedAndUsed() async throws {
        let world = try World.atEdge()
        let key = try await world.key("k")
        #expect(UniqueIdentifier.level(of: key) == .l4)
        let got: GetResponse = try await world.ask(GetRequest(uniqueIdentifier: key))
        guard case .symmetricKey(let block) = got.object, case .bytes(let bytes, _)? = block.keyValue else { throw Unexpected() }
        #expect(bytes.readableBytes == 32 && block.cryptographicLength == 256 && block.cryptographicAlgorithm == .aes)
    }

    @Test(arguments: [BlockCipherMode.ecb, .cbc, .ctr, .gcm, .nistKeyWrap], [ProtocolVersion.v1_2, .v1_4])
    func whatIsEncryptedIsDecrypted(_ mode: BlockCipherMode, _ version: ProtocolVersion) async throws {
        let world = try World.atEdge()
        let key = try await world.key()
        let plaintext = ByteBuffer(string: mode == .nistKeyWrap ? "0123456789abcdef" : "some plaintext of no round length")
        let padding: PaddingMethod? = mode == .ecb || mode == .cbc ? .pkcs5 : nil
        let parameters = CryptographicParameters(blockCipherMode: mode, paddingMethod: padding, randomIV: true)
        let sealed: EncryptResponse = try await world.ask(
            EncryptRequest(uniqueIdentifier: key, cryptographicParameters: parameters, data: plaintext), version: version)
        #expect(sealed.data != plaintext)
        #expect((sealed.iv?.readableBytes ?? 0) == (mode == .gcm ? 12 : mode == .cbc || mode == .ctr ? 16 : 0))
        // Before 1.4 the tag stands behind the ciphertext.
        #expect((sealed.tag?.readableBytes ?? 0) == (mode == .gcm && version == .v1_4 ? 16 : 0))
        if mode == .gcm, version == .v1_2 { #expect(sealed.data?.readableBytes == plaintext.readableBytes + 16) }
        let opened: DecryptResponse = try await world.ask(
            DecryptRequest(uniqueIdentifier: key, cryptographicParameters: parameters, data: sealed.data, iv: sealed.iv, tag: sealed.tag),
            version: version
        )
        #expect(opened.data == plaintext)
    }

    @Test func theReasonsOfFailuresAreTheStandards() async throws {
        let world = try World.atEdge()
        let key = try await world.key("k")
        let gcm = CryptographicParameters(blockCipherMode: .gcm)
        let data = ByteBuffer(string: "0123456789abcdef")
        let iv = ByteBuffer(repeating: 1, count: 12)
        func encrypt(_ parameters: CryptographicParameters?, iv: ByteBuffer? = nil, data: ByteBuffer? = data) async throws -> ResultReason? {
            try await world.reason(EncryptRequest(uniqueIdentifier: key, cryptographicParameters: parameters, data: data, iv: iv))
        }
        #expect(try await encrypt(gcm) == .invalidMessage, "no IV")
        #expect(try await encrypt(gcm, iv: iv, data: nil) == .invalidMessage, "no data")
        #expect(try await encrypt(nil, iv: iv) == .invalidField, "no mode")
        for length: Int32 in [1, 32] {
            #expect(try await encrypt(CryptographicParameters(blockCipherMode: .gcm, tagLength: length), iv: iv) == .generalFailure)
        }
        #expect(try await encrypt(CryptographicParameters(blockCipherMode: .pcbc), iv: iv) == .featureNotSupported)
        #expect(try await encrypt(CryptographicParameters(blockCipherMode: .cbc), iv: iv) == .cryptographicFailure, "an IV of 12 bytes")
        #expect(try await encrypt(CryptographicParameters(blockCipherMode: .ecb), data: ByteBuffer(string: "x")) == .cryptographicFailure)
        let wrong = DecryptRequest(uniqueIdentifier: key, cryptographicParameters: gcm, data: data, iv: iv, tag: ByteBuffer(repeating: 0, count: 16))
        #expect(try await world.reason(wrong) == .cryptographicFailure)
        #expect(try await world.reason(GetRequest(uniqueIdentifier: "nothing")) == .itemNotFound)
        #expect(try await world.reason(ActivateRequest(uniqueIdentifier: key)) == .permissionDenied, "active already")
        #expect(try await world.reason(DestroyRequest(uniqueIdentifier: key)) == .permissionDenied, "active")
        #expect(try await world.reason(GetRequest(uniqueIdentifier: key, keyFormatType: .pkcs8)) == .keyFormatTypeNotSupported)
        #expect(try await world.reason(World.create("k")) == .invalidField, "the name is taken")
        #expect(try await world.reason(World.create(attributes: [Attribute(.state, .enumeration(2))])) == .invalidField, "the server's attribute")
        #expect(try await world.reason(World.create(attributes: [Attribute(.level, .text("L9"))])) == .invalidField)
        let reordered = AttributeValue.structure([.init(.nameType, .enumeration(1)), .init(.nameValue, .text("k"))])
        #expect(try await world.reason(World.create(attributes: [Attribute(.name, reordered)])) == .invalidField, "the same name")
        let many = (0..<300).map { Attribute(AttributeName(rawValue: "x-\($0)"), .integer(1)) }
        #expect(try await world.reason(World.create(attributes: many)) == .indexOutOfBounds)
        let short = CryptographicParameters(blockCipherMode: .gcm, randomIV: true, ivLength: 8)
        #expect(try await encrypt(short) == .invalidField, "a random IV of 8 bits")
        let cut = DecryptRequest(uniqueIdentifier: key, cryptographicParameters: gcm, data: data, iv: iv, tag: ByteBuffer(repeating: 0, count: 4))
        #expect(try await world.reason(cut) == .cryptographicFailure, "a tag cut short")
        let twice = GetAttributesRequest(uniqueIdentifier: key, attributeNames: ["State", "State"])
        #expect(try await world.reason(twice) == .invalidMessage)
    }

    @Test func stateDatesAndMaskDecideUse() async throws {
        let world = try World.atEdge()
        func use(_ attributes: [Attribute], mask: Int32 = 12) async throws -> (encrypt: ResultReason?, decrypt: ResultReason?) {
            var all = [
                Attribute(.cryptographicAlgorithm, .enumeration(3)), Attribute(.cryptographicLength, .integer(128)),
                Attribute(.cryptographicUsageMask, .integer(mask)),
            ]
            all += attributes
            let made: CreateResponse = try await world.ask(
                CreateRequest(objectType: .symmetricKey, templateAttribute: TemplateAttribute(attributes: all)))
            let parameters = CryptographicParameters(blockCipherMode: .ecb)
            let data = ByteBuffer(string: "0123456789abcdef")
            let id = made.uniqueIdentifier
            return (
                try await world.reason(EncryptRequest(uniqueIdentifier: id, cryptographicParameters: parameters, data: data)),
                try await world.reason(DecryptRequest(uniqueIdentifier: id, cryptographicParameters: parameters, data: data))
            )
        }
        let past = AttributeValue.dateTime(1000)
        let future = AttributeValue.dateTime(WallClock.now / 1_000_000_000 + 3600)
        let active = Attribute(.activationDate, past)
        #expect(try await use([active]) == (nil, nil))
        #expect(try await use([]) == (.permissionDenied, .permissionDenied), "Pre-Active")
        #expect(try await use([Attribute(.activationDate, future)]) == (.permissionDenied, .permissionDenied))
        #expect(try await use([active, Attribute(.protectStopDate, past)]) == (.permissionDenied, nil))
        #expect(try await use([active, Attribute(.processStartDate, future)]) == (nil, .permissionDenied))
        #expect(try await use([active, Attribute(.deactivationDate, past)]) == (.permissionDenied, nil), "Deactivated keys still decrypt")
        #expect(try await use([active], mask: 4) == (nil, .permissionDenied))
        #expect(try await use([active], mask: 8) == (.permissionDenied, nil))
    }

    @Test func anotherTenantsObjectIsNotThere() async throws {
        let world = try World.atEdge()
        let key = try await world.key("k")
        for payload: any RequestPayload in [
            GetRequest(uniqueIdentifier: key), GetAttributesRequest(uniqueIdentifier: key), DestroyRequest(uniqueIdentifier: key),
            RevokeRequest(uniqueIdentifier: key, revocationReason: World.revoke),
        ] {
            let theirs = try await world.batch([payload], from: World.globex).items[0]
            #expect(theirs.resultReason == .itemNotFound)
        }
        let never = try await world.batch([GetRequest(uniqueIdentifier: try UniqueIdentifier.make(.l4))], from: World.globex).items[0]
        let theirs = try await world.batch([GetRequest(uniqueIdentifier: key)], from: World.globex).items[0]
        #expect(never.resultMessage == theirs.resultMessage)
        let found: LocateResponse = try await world.ask(LocateRequest(attributes: [Attribute(.name, Name("k").attributeValue)]), from: World.globex)
        #expect(found.uniqueIdentifiers.isEmpty)
        #expect(try await world.reason(World.create("k"), from: World.globex) == nil, "names are a tenant's own")
    }

    @Test func locateSearchesPagesAndForgetsDestroyedObjects() async throws {
        let world = try World.atEdge()
        var keys: [String] = []
        for number in 0..<5 {
            keys.append(try await world.key("k\(number)", attributes: [Attribute(AttributeName(rawValue: "x-group"), .text("g"))]))
        }
        func locate(_ attributes: [Attribute], maximum: Int32? = nil, offset: Int32? = nil) async throws -> LocateResponse {
            try await world.ask(LocateRequest(maximumItems: maximum, offsetItems: offset, attributes: attributes))
        }
        func count(_ attributes: [Attribute]) async throws -> Int32? { try await locate(attributes, maximum: 1).locatedItems }
        #expect(try await locate([Attribute(.name, Name("k3").attributeValue)]).uniqueIdentifiers == [keys[3]])
        let group = [Attribute(AttributeName(rawValue: "x-group"), .text("g"))]
        let all = try await locate(group)
        #expect(Set(all.uniqueIdentifiers) == Set(keys) && all.locatedItems == nil)
        #expect(try await locate(group, maximum: 2, offset: 1).uniqueIdentifiers == Array(all.uniqueIdentifiers[1...2]))
        #expect(try await locate(group, maximum: 2, offset: 5).uniqueIdentifiers.isEmpty)
        #expect(try await count([Attribute(.state, .enumeration(State.active.rawValue))]) == 5)
        #expect(try await count([Attribute(.cryptographicUsageMask, .integer(4))]) == 5, "a mask matches by its bits")
        let now = WallClock.now / 1_000_000_000
        let range = [Attribute(.initialDate, .dateTime(now - 60)), Attribute(.initialDate, .dateTime(now + 60))]
        #expect(try await count(range) == 5)
        #expect(try await count([Attribute(.initialDate, .dateTime(now - 3600))]) == 0)

        let revoke = RevokeRequest(uniqueIdentifier: keys[3], revocationReason: World.revoke)
        #expect(try await world.reason(revoke) == nil)
        #expect(try await world.reason(DestroyRequest(uniqueIdentifier: keys[3])) == nil)
        #expect(try await count(group) == 4)
        #expect(try await count([Attribute(.name, Name("k3").attributeValue)]) == 0)
        #expect(try await world.reason(World.create("k3")) == nil, "the name is free again")
        let gone: GetAttributesResponse = try await world.ask(GetAttributesRequest(uniqueIdentifier: keys[3], attributeNames: ["State", "Name"]))
        #expect(gone.attributes.first?.value == .enumeration(State.destroyedCompromised.rawValue))
        #expect(try await world.reason(GetRequest(uniqueIdentifier: keys[3])) == .permissionDenied)
    }

    @Test func registeredObjectsComeBackAsTheyWere() async throws {
        let world = try World.atEdge()
        let bytes = ByteBuffer(repeating: 7, count: 96)
        let block = KeyBlock(keyFormatType: .opaque, keyValue: .bytes(bytes, attributes: []))
        let objects: [ManagedObject] = [
            .secretData(.seed, block), .opaque(type: 0x8000_0001, value: bytes),
            .symmetricKey(
                KeyBlock(keyFormatType: .raw, keyValue: .bytes(ByteBuffer(repeating: 1, count: 16), attributes: []), cryptographicAlgorithm: .aes)),
            .symmetricKey(
                KeyBlock(
                    keyFormatType: .raw, keyValue: .wrapped(ByteBuffer(repeating: 3, count: 24)), cryptographicAlgorithm: .aes,
                    cryptographicLength: 128,
                    keyWrappingData: wrappingData)),
        ]
        for object in objects {
            let made: RegisterResponse = try await world.ask(
                RegisterRequest(objectType: object.objectType, templateAttribute: TemplateAttribute(), object: object), version: .v1_0)
            let got: GetResponse = try await world.ask(GetRequest(uniqueIdentifier: made.uniqueIdentifier), version: .v1_0)
            #expect(got.object.value == object.value)
            #expect(got.objectType == object.objectType)
        }
        let short = ManagedObject.symmetricKey(
            KeyBlock(keyFormatType: .raw, keyValue: .bytes(ByteBuffer(repeating: 1, count: 15), attributes: []), cryptographicAlgorithm: .aes))
        let request = RegisterRequest(objectType: .symmetricKey, templateAttribute: TemplateAttribute(), object: short)
        #expect(try await world.reason(request) == .invalidField)
    }

    private var wrappingData: ByteBuffer {
        var writer = TTLVWriter()
        writer.enumeration(.wrappingMethod, WrappingMethod.encrypt)
        return writer.buffer
    }

    @Test func revokeAndDestroyGoOnWithoutKeys() async throws {
        let world = try World.atEdge()
        let key = try await world.key("k")
        world.engine.repository.forget(tenant: "acme")
        world.keyring.isClosed = true
        #expect(try await world.reason(GetRequest(uniqueIdentifier: key)) == .generalFailure)
        #expect(try await world.reason(DestroyRequest(uniqueIdentifier: key)) == .permissionDenied, "active")
        #expect(try await world.reason(RevokeRequest(uniqueIdentifier: key, revocationReason: World.revoke)) == nil)
        #expect(try await world.reason(DestroyRequest(uniqueIdentifier: key)) == nil)
        world.keyring.isClosed = false
        #expect(try await world.reason(GetRequest(uniqueIdentifier: key)) == .permissionDenied)
        let seen: GetAttributesResponse = try await world.ask(GetAttributesRequest(uniqueIdentifier: key, attributeNames: ["State", "Name"]))
        #expect(seen.attributes.map(\.value) == [.enumeration(State.destroyedCompromised.rawValue), Name("k").attributeValue])
    }

    @Test func aNameGivenBackIsNotTakenFromItsNextHolder() async throws {
        let world = try World.atEdge()
        let first: CreateResponse = try await world.ask(World.create("n"))
        #expect(try await world.reason(DestroyRequest(uniqueIdentifier: first.uniqueIdentifier)) == nil)
        #expect(try await world.reason(World.create("n")) == nil)
        let compromised = RevokeRequest(uniqueIdentifier: first.uniqueIdentifier, revocationReason: World.revoke)
        #expect(try await world.reason(compromised) == nil)
        #expect(try await world.reason(World.create("n")) == .invalidField)
    }

    @Test func aMarkCannotGiveRights() async throws {
        let world = try World.atEdge()
        let key = try await world.key()
        #expect(try await world.reason(RevokeRequest(uniqueIdentifier: key, revocationReason: World.revoke)) == nil)
        world.engine.repository.forget(tenant: "acme")
        // Format 1, state Active, a date, no reason: what someone who can write to the store would put there.
        let forged: [UInt8] = [1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1]
        try await world.store.commit([.put(Array("o/\(key)/m".utf8), forged)], in: Namespace("acme"))
        #expect(try await world.reason(GetRequest(uniqueIdentifier: key)) == .generalFailure)
    }

    @Test func aKeyThatNeverWasActiveIsNotBroughtIntoUseByRevokingIt() async throws {
        let world = try World.atEdge()
        let made: CreateResponse = try await world.ask(World.create())
        #expect(try await world.reason(RevokeRequest(uniqueIdentifier: made.uniqueIdentifier, revocationReason: World.revoke)) == nil)
        let decrypt = DecryptRequest(
            uniqueIdentifier: made.uniqueIdentifier,
            cryptographicParameters: CryptographicParameters(blockCipherMode: .ecb),
            data: ByteBuffer(repeating: 0, count: 16)
        )
        #expect(try await world.reason(decrypt) == .permissionDenied)
    }

    @Test func manyChangesOfOneObjectLeaveOneOutcome() async throws {
        let world = try World.atEdge()
        let made: CreateResponse = try await world.ask(World.create())
        let outcomes = try await withThrowingTaskGroup(of: ResultReason?.self) { tasks in
            for _ in 0..<16 { tasks.addTask { try await world.reason(ActivateRequest(uniqueIdentifier: made.uniqueIdentifier)) } }
            return try await tasks.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.filter { $0 == nil }.count == 1)
        #expect(outcomes.compactMap { $0 }.allSatisfy { $0 == .permissionDenied })
    }
}

struct Unexpected: Error {}
