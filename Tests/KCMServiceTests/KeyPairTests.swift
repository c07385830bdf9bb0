import KCMAccess
import KCMEngine
import KMIP
import NIOCore
import Testing

/// Create Key Pair and Re-key Key Pair.
@Suite struct KeyPairTests {
    private func make(
        _ world: World,
        _ common: TemplateAttribute,
        name: String = "pair",
        from principal: Principal = World.acme
    ) async throws -> CreateKeyPairResponse {
        try await world.ask(
            CreateKeyPairRequest(
                commonTemplateAttribute: common,
                privateKeyTemplateAttribute: World.attributes(mask: .sign, name: "\(name)-private"),
                publicKeyTemplateAttribute: World.attributes(mask: .verify, name: "\(name)-public")
            ),
            from: principal
        )
    }

    @Test(arguments: [(CryptographicAlgorithm.rsa, Int32(2048)), (.ec, 256), (.ecdsa, 384)])
    func aPairIsLinkedAndItsKeysAreTheStandards(_ algorithm: CryptographicAlgorithm, _ length: Int32) async throws {
        let world = try World.atEdge()
        let pair = try await make(world, World.attributes(algorithm, length))
        #expect(try await world.linked(pair.privateKeyUniqueIdentifier, .publicKeyLink) == [pair.publicKeyUniqueIdentifier])
        #expect(try await world.linked(pair.publicKeyUniqueIdentifier, .privateKeyLink) == [pair.privateKeyUniqueIdentifier])
        let names: [AttributeName] = [.objectType, .cryptographicLength, .cryptographicUsageMask, .state, .digest]
        let attributes = AttributeSet(try await world.attributes(pair.privateKeyUniqueIdentifier, names))
        #expect(attributes[.objectType] == .enumeration(ObjectType.privateKey.rawValue) && attributes.length == length)
        #expect(attributes.usageMask == .sign && attributes[.state] == .enumeration(State.preActive.rawValue))
        let format: KeyFormatType = algorithm == .rsa ? .pkcs1 : .transparentECPrivateKey
        #expect(attributes[.digest]?[.keyFormatType] == .enumeration(format.rawValue))
        let block = try await world.block(GetRequest(uniqueIdentifier: pair.privateKeyUniqueIdentifier))
        #expect(block.keyFormatType == format && block.cryptographicLength == length && block.cryptographicAlgorithm == algorithm)
        #expect(try await world.reason(DestroyRequest(uniqueIdentifier: pair.publicKeyUniqueIdentifier)) == nil)
    }

    @Test func everyFormatOfAKeyIsTheSameKey() async throws {
        let world = try World.atEdge()
        let rsa = try await make(world, World.attributes(.rsa, 2048), name: "rsa")
        let curve = try await make(world, World.attributes(.ec, 256), name: "ec")
        let formats: [(String, [KeyFormatType], ObjectType)] = [
            (rsa.privateKeyUniqueIdentifier, [.pkcs1, .pkcs8, .transparentRSAPrivateKey], .privateKey),
            (rsa.publicKeyUniqueIdentifier, [.pkcs1, .x509, .transparentRSAPublicKey], .publicKey),
            (curve.privateKeyUniqueIdentifier, [.ecPrivateKey, .pkcs8, .transparentECPrivateKey, .transparentECDSAPrivateKey], .privateKey),
            (curve.publicKeyUniqueIdentifier, [.x509, .transparentECPublicKey, .transparentECDHPublicKey], .publicKey),
        ]
        for (identifier, formats, type) in formats {
            let canonical: KeyFormatType = type == .privateKey ? .pkcs8 : .x509
            let expected = try await world.block(GetRequest(uniqueIdentifier: identifier, keyFormatType: canonical))
            for format in formats {
                // Out in one format, in again, out in the canonical one.
                let block = try await world.block(GetRequest(uniqueIdentifier: identifier, keyFormatType: format))
                #expect(block.keyFormatType == format)
                let object: ManagedObject = type == .privateKey ? .privateKey(block) : .publicKey(block)
                let again = try await world.register(object, World.attributes(mask: .sign))
                let read = try await world.block(GetRequest(uniqueIdentifier: again, keyFormatType: canonical))
                #expect(read.bytes == expected.bytes, "\(format)")
            }
        }
        let other = GetRequest(uniqueIdentifier: rsa.privateKeyUniqueIdentifier, keyFormatType: .ecPrivateKey)
        #expect(try await world.reason(other) == .keyFormatTypeNotSupported)
        let later = GetRequest(uniqueIdentifier: curve.privateKeyUniqueIdentifier, keyFormatType: .transparentECPrivateKey)
        #expect(try await world.reason(later, version: .v1_2) == .keyFormatTypeNotSupported, "a format of KMIP 1.3")
        let older: GetResponse = try await world.ask(GetRequest(uniqueIdentifier: curve.privateKeyUniqueIdentifier), version: .v1_2)
        #expect(older.object.keyBlock?.keyFormatType == .transparentECDSAPrivateKey)
        let compressed = GetRequest(
            uniqueIdentifier: curve.publicKeyUniqueIdentifier, keyFormatType: .raw, keyCompressionType: .ecPublicKeyTypeX9_62CompressedPrime
        )
        #expect(try await world.block(compressed).bytes?.count == 33)
        let no = GetRequest(uniqueIdentifier: rsa.publicKeyUniqueIdentifier, keyCompressionType: .ecPublicKeyTypeX9_62CompressedPrime)
        #expect(try await world.reason(no) == .keyCompressionTypeNotSupported)
    }

    @Test func whatCannotBeMadeIsRefused() async throws {
        let world = try World.atEdge()
        func reason(_ common: TemplateAttribute?, _ half: TemplateAttribute? = nil) async throws -> ResultReason? {
            try await world.reason(CreateKeyPairRequest(commonTemplateAttribute: common, privateKeyTemplateAttribute: half))
        }
        #expect(try await reason(nil) == .invalidField, "no algorithm")
        #expect(try await reason(World.attributes(.rsa, 2047)) == .invalidField)
        #expect(try await reason(World.attributes(.aes, 256)) == .featureNotSupported)
        #expect(try await reason(World.attributes(.rsa), World.attributes(nil, 4096)) == .invalidField, "two lengths")
        #expect(try await reason(World.attributes(.ec, 256, name: "one")) == .invalidField, "one name for both")
        #expect(try await reason(World.attributes(.ec, 256, and: [Attribute(.level, .text("L3"))])) == .permissionDenied)
    }

    @Test func atCoreNoHalfLeaves() async throws {
        let world = try World.atCore()
        let pair = try await make(world, World.attributes(.ec, 256), from: World.admin)
        #expect(UniqueIdentifier.level(of: pair.privateKeyUniqueIdentifier) == .l3)
        #expect(try await world.reason(GetRequest(uniqueIdentifier: pair.privateKeyUniqueIdentifier), from: World.admin) == .sensitive)
        let pfx = GetRequest(uniqueIdentifier: pair.privateKeyUniqueIdentifier, keyFormatType: .pkcs12)
        #expect(try await world.reason(pfx, from: World.admin) == .sensitive)
    }

    @Test func aPairIsReplacedAsOne() async throws {
        let world = try World.atEdge()
        let old = try await make(world, World.attributes(.ec, 256))
        let new: ReKeyKeyPairResponse = try await world.ask(
            ReKeyKeyPairRequest(privateKeyUniqueIdentifier: old.privateKeyUniqueIdentifier, offset: 60))
        #expect(try await world.linked(new.privateKeyUniqueIdentifier, .replacedObjectLink) == [old.privateKeyUniqueIdentifier])
        #expect(try await world.linked(old.publicKeyUniqueIdentifier, .replacementObjectLink) == [new.publicKeyUniqueIdentifier])
        #expect(try await world.linked(new.privateKeyUniqueIdentifier, .publicKeyLink) == [new.publicKeyUniqueIdentifier])
        #expect(try await AttributeSet(world.attributes(new.publicKeyUniqueIdentifier, [.name])).names == [Name("pair-public")])
        #expect(try await AttributeSet(world.attributes(old.publicKeyUniqueIdentifier, [.name])).names.isEmpty)
        #expect(try await world.bytes(new.publicKeyUniqueIdentifier) != world.bytes(old.publicKeyUniqueIdentifier))
        #expect(try await world.reason(ReKeyKeyPairRequest(privateKeyUniqueIdentifier: new.publicKeyUniqueIdentifier)) == .permissionDenied)
    }
}

extension KeyBlock {
    /// Key Material, or the wrapped Key Value.
    var bytes: [UInt8]? {
        switch keyValue {
        case .bytes(let bytes, _), .structure(let bytes, _), .wrapped(let bytes): Array(bytes.readableBytesView)
        case nil: nil
        }
    }
}
