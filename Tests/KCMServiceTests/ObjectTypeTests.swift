import KCMCrypto
import KCMEngine
import KMIP
import NIOCore
import Testing

/// Objects of every type, registered and fetched (KMIP 1.4 §2.2).
@Suite struct ObjectTypeTests {
    private static let block = KeyBlock(keyFormatType: .raw, keyValue: .bytes(ByteBuffer(repeating: 5, count: 32), attributes: []))
    private static let split = SplitKey(
        parts: 3, identifier: 2, threshold: 2, method: .polynomialSharingPrimeField, primeFieldSize: [0, 0, 0, 0, 0, 0, 0, 13], keyBlock: block)

    private func register(_ world: World, _ object: ManagedObject, _ attributes: [Attribute] = [], names: [String] = []) async throws -> String {
        let request = RegisterRequest(
            objectType: object.objectType,
            templateAttribute: TemplateAttribute(names: names, attributes: attributes),
            object: object
        )
        return try await world.ask(request, as: RegisterResponse.self).uniqueIdentifier
    }

    private func encoding(_ object: ManagedObject) -> ByteBuffer {
        var writer = TTLVWriter()
        object.encode(to: &writer)
        return writer.buffer
    }

    @Test func everyTypeComesBackAsItWas() async throws {
        let certificate = try ServiceTestCertificate.der()
        let objects: [ManagedObject] = [
            .publicKey(
                KeyBlock(
                    keyFormatType: .pkcs1, keyValue: .bytes(ByteBuffer(string: "der"), attributes: []), cryptographicAlgorithm: .rsa,
                    cryptographicLength: 2048)),
            .privateKey(
                KeyBlock(
                    keyFormatType: .pkcs8, keyValue: .bytes(ByteBuffer(string: "der"), attributes: []), cryptographicAlgorithm: .rsa,
                    cryptographicLength: 2048)),
            .splitKey(Self.split),
            .pgpKey(version: 4, KeyBlock(keyFormatType: .opaque, keyValue: .bytes(ByteBuffer(string: "armour"), attributes: []))),
            .certificate(.x509, value: ByteBuffer(bytes: certificate)),
            .template([Attribute(.cryptographicAlgorithm, .enumeration(3)), Attribute(.cryptographicLength, .integer(128))]),
            .secretData(.password, Self.block),
        ]
        let world = try World.atEdge()
        for object in objects {
            let identifier = try await register(world, object)
            world.engine.repository.forget(tenant: "acme")
            let got: GetResponse = try await world.ask(GetRequest(uniqueIdentifier: identifier))
            #expect(got.objectType == object.objectType)
            #expect(encoding(got.object) == encoding(object), "\(object.objectType)")
        }
        let query: QueryResponse = try await world.ask(QueryRequest(queryFunctions: [.queryObjects]))
        #expect(Set(query.objectTypes).isSuperset(of: objects.map(\.objectType)))
    }

    @Test func aSplitKeyHasToMakeSense() async throws {
        let world = try World.atEdge()
        for change: (inout SplitKey) -> Void in [{ $0.identifier = 4 }, { $0.threshold = 0 }, { $0.primeFieldSize = nil }] {
            var key = Self.split
            change(&key)
            let request = RegisterRequest(objectType: .splitKey, templateAttribute: TemplateAttribute(), object: .splitKey(key))
            #expect(try await world.reason(request) == .invalidField)
        }
    }

    @Test func aCertificateSaysWhatItIs() async throws {
        let world = try World.atEdge()
        let der = try ServiceTestCertificate.der()
        let object = ManagedObject.certificate(.x509, value: ByteBuffer(bytes: der))
        let identifier = try await register(world, object, [Attribute(.certificateType, .enumeration(CertificateType.x509.rawValue))])
        let names = ["Certificate Type", "Certificate Length", "X.509 Certificate Subject", "X.509 Certificate Identifier", "Certificate Subject"]
        let seen: GetAttributesResponse = try await world.ask(GetAttributesRequest(uniqueIdentifier: identifier, attributeNames: names))
        #expect(seen.attributes.map(\.name.rawValue) == names)
        #expect(seen.attributes[1].value == .integer(Int32(der.count)))
        #expect(seen.attributes[4].value?[.certificateSubjectDistinguishedName] == .text("CN=ca"))
        func reason(_ attributes: [Attribute], _ bytes: [UInt8]) async throws -> ResultReason? {
            try await world.reason(
                RegisterRequest(
                    objectType: .certificate, templateAttribute: TemplateAttribute(attributes: attributes),
                    object: .certificate(.x509, value: ByteBuffer(bytes: bytes))))
        }
        #expect(try await reason([Attribute(.certificateType, .enumeration(CertificateType.pgp.rawValue))], der) == .invalidField)
        #expect(try await reason([], [1, 2, 3]) == .invalidField)
    }

    @Test func aKeyWithoutItsValueIsKept() async throws {
        let world = try World.atEdge()
        let location = AttributeValue.structure([.init(.keyValueLocationValue, .text("HSM")), .init(.keyValueLocationType, .enumeration(1))])
        let block = KeyBlock(keyFormatType: .raw, keyValue: nil, cryptographicAlgorithm: .aes, cryptographicLength: 128)
        let key = try await register(
            world, .symmetricKey(block), [Attribute(.keyValueLocation, location), Attribute(.cryptographicUsageMask, .integer(12))])
        let got: GetResponse = try await world.ask(GetRequest(uniqueIdentifier: key))
        #expect(encoding(got.object) == encoding(.symmetricKey(block)))
        let names = ["Key Value Location", "Key Value Present", "Original Creation Date"]
        let seen: GetAttributesResponse = try await world.ask(GetAttributesRequest(uniqueIdentifier: key, attributeNames: names))
        #expect(seen.attributes.map(\.value) == [location, .boolean(false)])
        #expect(try await world.reason(ActivateRequest(uniqueIdentifier: key)) == nil)
        let parameters = CryptographicParameters(blockCipherMode: .ecb)
        let encrypt = EncryptRequest(uniqueIdentifier: key, cryptographicParameters: parameters, data: ByteBuffer(repeating: 0, count: 16))
        #expect(try await world.reason(encrypt) == .illegalOperation)
    }

    @Test func templatesGiveTheirAttributesByName() async throws {
        let world = try World.atEdge()
        let content = [
            Attribute(.cryptographicAlgorithm, .enumeration(CryptographicAlgorithm.aes.rawValue)), Attribute(.cryptographicLength, .integer(128)),
            Attribute(.cryptographicUsageMask, .integer(12)), Attribute(.contactInformation, .text("template")),
        ]
        _ = try await register(world, .template(content), [Attribute(.name, Name("t").attributeValue)])
        func create(_ names: [String], _ attributes: [Attribute] = []) -> CreateRequest {
            CreateRequest(objectType: .symmetricKey, templateAttribute: TemplateAttribute(names: names, attributes: attributes))
        }
        let made: CreateResponse = try await world.ask(create(["t"], [Attribute(.contactInformation, .text("own"))]))
        let names = ["Cryptographic Length", "Contact Information", "Name"]
        let seen: GetAttributesResponse = try await world.ask(GetAttributesRequest(uniqueIdentifier: made.uniqueIdentifier, attributeNames: names))
        #expect(seen.attributes.map(\.value) == [.integer(128), .text("own")], "what is sent goes before, and the name stays the template's")
        #expect(try await world.reason(create(["none"])) == .itemNotFound)
    }

    @Test func coreKeepsEveryKindToItself() async throws {
        let core = try World.atCore()
        for object: ManagedObject in [
            .secretData(.seed, Self.block), .splitKey(Self.split), .opaque(type: 1, value: ByteBuffer(string: "o")),
            .publicKey(KeyBlock(keyFormatType: .pkcs1, keyValue: .bytes(ByteBuffer(string: "der"), attributes: []))),
            .certificate(.x509, value: ByteBuffer(bytes: try ServiceTestCertificate.der())), .template([]),
            .symmetricKey(KeyBlock(keyFormatType: .raw, keyValue: nil, cryptographicAlgorithm: .aes, cryptographicLength: 128)),
        ] {
            let request = RegisterRequest(objectType: object.objectType, templateAttribute: TemplateAttribute(), object: object)
            let made: RegisterResponse = try await core.ask(request, from: World.admin)
            #expect(UniqueIdentifier.level(of: made.uniqueIdentifier) == .l3)
            #expect(try await core.reason(GetRequest(uniqueIdentifier: made.uniqueIdentifier), from: World.admin) == .sensitive)
        }
    }

    @Test func theWallsHoldForEveryOperation() async throws {
        let core = try World.atCore()
        let edge = try World.atEdge()
        func payloads(_ key: String) -> [any RequestPayload] {
            [
                GetRequest(uniqueIdentifier: key), GetAttributesRequest(uniqueIdentifier: key), GetAttributeListRequest(uniqueIdentifier: key),
                AddAttributeRequest(uniqueIdentifier: key, attribute: Attribute(.comment, .text("c"))),
                ModifyAttributeRequest(uniqueIdentifier: key, attribute: Attribute(.comment, .text("c"))),
                DeleteAttributeRequest(uniqueIdentifier: key, attributeName: "Comment"), CheckRequest(uniqueIdentifier: key),
                ObtainLeaseRequest(uniqueIdentifier: key), GetUsageAllocationRequest(uniqueIdentifier: key, usageLimitsCount: 1),
                ArchiveRequest(uniqueIdentifier: key), RecoverRequest(uniqueIdentifier: key), ActivateRequest(uniqueIdentifier: key),
                RevokeRequest(uniqueIdentifier: key, revocationReason: World.revoke), DestroyRequest(uniqueIdentifier: key),
                LocateRequest(attributes: [Attribute(.level, .text(String(key.prefix(2))))]),
                World.create(attributes: [Attribute(.level, .text(String(key.prefix(2))))]),
            ]
        }
        for payload in payloads("L4-00000000-0000-4000-8000-000000000000") {
            #expect(try await core.reason(payload, from: World.admin) == .permissionDenied, "\(payload)")
        }
        for level in ["L2", "L3"] {
            for payload in payloads("\(level)-00000000-0000-4000-8000-000000000000") {
                #expect(try await edge.reason(payload) == .permissionDenied, "\(payload)")
            }
        }
    }
}
