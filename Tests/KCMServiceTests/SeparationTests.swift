import KCMAccess
import KCMAudit
import KCMEngine
import KMIP
import NIOCore
import Testing

/// Attempts to get an object of another level past Core or Edge, by every route that KMIP has.
@Suite struct SeparationTests {
    private static func level(_ name: String) -> Attribute { Attribute(.level, .text(name)) }

    /// What asks for a level by attribute, and must not get it.
    private static func makings(_ level: String, base: String) -> [any RequestPayload] {
        let asked = Self.level(level)
        let template = TemplateAttribute(attributes: [asked])
        return [
            World.create(attributes: [asked]),
            RegisterRequest(objectType: .symmetricKey, templateAttribute: World.attributes(mask: .encrypt, and: [asked]), object: World.aesKey),
            CreateKeyPairRequest(commonTemplateAttribute: World.attributes(.ec, 256, mask: .sign, and: [asked])),
            CreateKeyPairRequest(commonTemplateAttribute: World.attributes(.ec, 256, mask: .sign), publicKeyTemplateAttribute: template),
            ReKeyRequest(uniqueIdentifier: base, templateAttribute: template),
            DeriveKeyRequest(
                objectType: .symmetricKey, uniqueIdentifiers: [base], derivationMethod: .hash,
                derivationParameters: DerivationParameters(cryptographicParameters: CryptographicParameters(hashingAlgorithm: .sha256)),
                templateAttribute: World.attributes(.aes, 128, mask: .encrypt, and: [asked])
            ),
            CreateSplitKeyRequest(
                objectType: .splitKey, splitKeyParts: 3, splitKeyThreshold: 2, splitKeyMethod: .xor,
                templateAttribute: World.attributes(.aes, 256, and: [asked])),
            JoinSplitKeyRequest(objectType: .symmetricKey, uniqueIdentifiers: [base], templateAttribute: template),
            CertifyRequest(uniqueIdentifier: base, templateAttribute: template),
            LocateRequest(attributes: [asked]),
        ]
    }

    /// What names an object of another level, and must not reach it.
    private static func reachings(_ foreign: String, base: String) -> [any RequestPayload] {
        [
            LocateRequest(attributes: [Attribute(.uniqueIdentifier, .text(foreign))]),
            DeriveKeyRequest(
                objectType: .symmetricKey, uniqueIdentifiers: [foreign], derivationMethod: .hash,
                derivationParameters: DerivationParameters(cryptographicParameters: CryptographicParameters(hashingAlgorithm: .sha256)),
                templateAttribute: World.attributes(.aes, 128, mask: .encrypt)
            ),
            JoinSplitKeyRequest(
                objectType: .symmetricKey, uniqueIdentifiers: [foreign, base], templateAttribute: World.attributes(.aes, 128, mask: .encrypt)),
            CreateSplitKeyRequest(
                objectType: .splitKey, uniqueIdentifier: foreign, splitKeyParts: 3, splitKeyThreshold: 2, splitKeyMethod: .xor,
                templateAttribute: TemplateAttribute()),
        ]
    }

    @Test(arguments: ["L4", "L2"])
    func coreMakesNothingOfAnotherLevel(_ level: String) async throws {
        let world = try World.atCore()
        let base = try await world.key("base", from: World.admin)
        for payload in Self.makings(level, base: base) where !(level == "L2" && payload is LocateRequest) {
            #expect(try await world.reason(payload, from: World.admin) == .permissionDenied, "\(payload)")
        }
        try await Self.expectOnly([base], .l3, world, World.admin)
    }

    @Test(arguments: ["L2", "L3"])
    func edgeMakesNothingOfAnotherLevel(_ level: String) async throws {
        let world = try World.atEdge()
        let base = try await world.key("base")
        for payload in Self.makings(level, base: base) {
            #expect(try await world.reason(payload) == .permissionDenied, "\(payload)")
        }
        try await Self.expectOnly([base], .l4, world, World.acme)
    }

    @Test func aSecondLevelIsNotPassedOver() async throws {
        let core = try World.atCore()
        #expect(try await core.reason(World.create(attributes: [Self.level("L3"), Self.level("L4")]), from: World.admin) == .permissionDenied)
        let edge = try World.atEdge()
        #expect(try await edge.reason(World.create(attributes: [Self.level("L4"), Self.level("L2")])) == .permissionDenied)
        #expect(try await edge.reason(World.create(attributes: [Self.level("l3")])) == .invalidField)
        #expect(try await edge.reason(World.create(attributes: [Attribute(.level, .integer(3))])) == .invalidField)
    }

    @Test func aTemplateCarriesNoLevelAcross() async throws {
        for (world, principal, level) in [(try World.atCore(), World.admin, "L4"), (try World.atEdge(), World.acme, "L3")] {
            let template = RegisterRequest(
                objectType: .template, templateAttribute: World.attributes(name: "t"),
                object: .template(World.attributes(.aes, 256, mask: .encrypt).attributes + [Self.level(level)])
            )
            _ = try await world.reason(template, from: principal)
            let create = CreateRequest(objectType: .symmetricKey, templateAttribute: TemplateAttribute(names: ["t"]))
            let reason = try await world.reason(create, from: principal)
            #expect(reason == .permissionDenied, "\(level): \(String(describing: reason))")
        }
    }

    @Test func anIdentifierOfAnotherLevelIsReachedByNoRoute() async throws {
        let core = try World.atCore()
        let base = try await core.key("base", from: World.admin)
        for payload in Self.reachings(try UniqueIdentifier.make(.l4), base: base) {
            #expect(try await core.reason(payload, from: World.admin) == .permissionDenied, "\(payload)")
        }
        let edge = try World.atEdge()
        let data = try await edge.key("data")
        for level in [Level.l2, .l3] {
            for payload in Self.reachings(try UniqueIdentifier.make(level), base: data) {
                #expect(try await edge.reason(payload) == .permissionDenied, "\(payload)")
            }
        }
    }

    @Test func thePlaceholderOfABatchCrossesNoLevel() async throws {
        let core = try World.atCore()
        let l4 = try UniqueIdentifier.make(.l4)
        let crossing: [any RequestPayload] = [
            World.create("a"), CheckRequest(uniqueIdentifier: l4), GetAttributesRequest(), DestroyRequest(uniqueIdentifier: l4),
        ]
        let (items, audit) = try await core.batch(crossing, from: World.admin) { $0.batchErrorContinuationOption = .continue }
        #expect(items.map(\.resultReason) == [nil, .permissionDenied, .itemNotFound, .permissionDenied])
        #expect(audit[1].rule == "level-separation" && audit[3].rule == "level-separation")
        let edge = try World.atEdge()
        let (refused, _) = try await edge.batch([LocateRequest(attributes: [Self.level("L3")]), GetRequest()], from: World.acme) {
            $0.batchErrorContinuationOption = .continue
        }
        #expect(refused.map(\.resultReason) == [.permissionDenied, .itemNotFound])
    }

    @Test func aWrappedKeyCrossesNoLevel() async throws {
        func wrapped(under kek: String) -> RegisterRequest {
            let data = KeyWrappingData(wrappingMethod: .encrypt, encryptionKeyInformation: KeyInformation(uniqueIdentifier: kek))
            var writer = TTLVWriter()
            data.encode(to: &writer)
            // The items, without the header of the structure.
            let items = writer.buffer.getSlice(at: writer.buffer.readerIndex + 8, length: writer.buffer.readableBytes - 8)
            let block = KeyBlock(
                keyFormatType: .raw, keyValue: .wrapped(ByteBuffer(repeating: 7, count: 40)), cryptographicAlgorithm: .aes, cryptographicLength: 256,
                keyWrappingData: items
            )
            return RegisterRequest(objectType: .symmetricKey, templateAttribute: World.attributes(mask: .encrypt), object: .symmetricKey(block))
        }
        let core = try World.atCore()
        #expect(try await core.reason(wrapped(under: UniqueIdentifier.make(.l4)), from: World.admin) == .permissionDenied)
        #expect(try await core.reason(wrapped(under: UniqueIdentifier.make(.l2)), from: World.admin) == .permissionDenied)
        let edge = try World.atEdge()
        #expect(try await edge.reason(wrapped(under: UniqueIdentifier.make(.l2))) == .permissionDenied)
    }

    @Test func aPropagatedIdentityOpensNoLevel() async throws {
        let world = try World.atCore()
        let base = try await world.key("base", from: World.admin)
        let l4 = try UniqueIdentifier.make(.l4)
        for payload in Self.makings("L4", base: base) + Self.reachings(l4, base: base) + [
            GetRequest(uniqueIdentifier: l4), DestroyRequest(uniqueIdentifier: l4),
        ] {
            for (chain, tenant) in [([[1]], nil), (nil, "acme")] as [([[UInt8]]?, String?)] {
                let reason = try await world.batch([payload], from: World.edge, propagated: chain, acting: tenant).items[0].resultReason
                #expect(reason == .permissionDenied, "\(payload)")
            }
        }
        try await Self.expectOnly([base], .l3, world, World.admin)
    }

    /// What a tenant has, at the level of the place.
    private static func expectOnly(_ identifiers: [String], _ level: Level, _ world: World, _ principal: Principal) async throws {
        let found: LocateResponse = try await world.ask(LocateRequest(), from: principal)
        #expect(found.uniqueIdentifiers == identifiers && identifiers.allSatisfy { UniqueIdentifier.level(of: $0) == level })
    }

    @Test func aStoreThatHeldAnotherLevelShowsNothingOfIt() async throws {
        let edge = try World.atEdge()
        let key = try await edge.key("both")
        let core = edge.seenByCore()
        let name = Attribute(.name, Name("both").attributeValue)
        let level = Attribute(.level, .text("L3"))
        for attributes in [[], [name], [level, Attribute(.uniqueIdentifier, .text(key))]] {
            let found: LocateResponse = try await core.ask(LocateRequest(attributes: attributes), from: World.admin)
            #expect(found.uniqueIdentifiers.isEmpty)
        }
        let own = try await core.key(from: World.admin)
        let found: LocateResponse = try await core.ask(LocateRequest(), from: World.admin)
        #expect(found.uniqueIdentifiers == [own])
    }
}
