import KCMEngine
import KMIP
import NIOCore
import Testing

/// Re-key, and TC-REKEY-1-10.
@Suite struct ReKeyTests {
    private func create(_ world: World, _ name: String, and more: [Attribute] = []) async throws -> String {
        let made: CreateResponse = try await world.ask(
            CreateRequest(
                objectType: .symmetricKey, templateAttribute: World.attributes(.aes, 128, mask: [.encrypt, .decrypt], name: name, and: more))
        )
        return made.uniqueIdentifier
    }

    @Test func fourReplacementsInOneBatchAreChainedByTheIDPlaceholder() async throws {
        let world = try World.atEdge()
        let original = try await create(world, "original", and: [Attribute(.activationDate, .dateTime(1_000_000_000))])
        var payloads: [any RequestPayload] = []
        for step in 1...4 {
            payloads.append(ReKeyRequest(uniqueIdentifier: step == 1 ? original : nil, templateAttribute: World.attributes(name: "rekey-\(step)")))
            payloads.append(GetAttributesRequest(attributeNames: ["Name", "State"]))
        }
        let items = try await world.batch(payloads, from: World.acme, version: .v1_0) { $0.batchOrderOption = true }.items
        try #require(items.count == 8 && items.allSatisfy { $0.resultStatus == .success })
        var reader = TTLVReader(items: items[7].payload ?? ByteBuffer())
        let last = try GetAttributesResponse(from: &reader)
        let names = last.attributes.filter { $0.name == .name }
        #expect(names.compactMap { $0.value.flatMap(Name.init)?.value } == ["original", "rekey-1", "rekey-2", "rekey-3", "rekey-4"])
        #expect(names.map { $0.index ?? 0 } == [0, 1, 2, 3, 4])
        #expect(last.attributes.contains(Attribute(.state, .enumeration(State.active.rawValue))))
        let replacement = try await world.linked(original, .replacementObjectLink)
        try #require(replacement.count == 1)
        #expect(try await world.linked(replacement[0], .replacedObjectLink) == [original])
        #expect(try await AttributeSet(world.attributes(original, [.name])).names.isEmpty)
    }

    @Test func anOffsetMovesEveryDate() async throws {
        let world = try World.atEdge()
        let dates: [Attribute] = [
            Attribute(.activationDate, .dateTime(1_000)), Attribute(.protectStopDate, .dateTime(4_000_000_000)),
            Attribute(.deactivationDate, .dateTime(4_000_000_100)),
        ]
        let old = try await create(world, "k", and: dates)
        let new: ReKeyResponse = try await world.ask(ReKeyRequest(uniqueIdentifier: old, offset: 100))
        let attributes = AttributeSet(
            try await world.attributes(new.uniqueIdentifier, [.initialDate, .activationDate, .protectStopDate, .deactivationDate]))
        let made = try #require(attributes.date(.initialDate))
        #expect(attributes.date(.activationDate) == made + 100)
        #expect(attributes.date(.protectStopDate) == 4_000_000_000 + made + 100 - 1_000)
        #expect(attributes.date(.deactivationDate) == 4_000_000_100 + made + 100 - 1_000)
        #expect(try await world.bytes(new.uniqueIdentifier) != world.bytes(old))
    }

    @Test func whatTheStandardRefusesIsRefused() async throws {
        let world = try World.atEdge()
        let key = try await create(world, "k")
        let both = ReKeyRequest(uniqueIdentifier: key, offset: 1, templateAttribute: World.attributes(active: true))
        #expect(try await world.reason(both) == .invalidMessage)
        #expect(try await world.reason(ReKeyRequest(uniqueIdentifier: "L4-none")) == .itemNotFound)
        let secret = try await world.secret([1, 2, 3], .password)
        #expect(try await world.reason(ReKeyRequest(uniqueIdentifier: secret)) == .permissionDenied)
        let l3 = ReKeyRequest(uniqueIdentifier: "L3-00000000-0000-4000-8000-000000000000")
        #expect(try await world.reason(l3) == .permissionDenied, "L3 keys are replaced at Core")
        let taken = try await create(world, "taken")
        #expect(try await world.reason(ReKeyRequest(uniqueIdentifier: key, templateAttribute: World.attributes(name: "taken"))) == .invalidField)
        _ = try await world.ask(DestroyRequest(uniqueIdentifier: taken), as: DestroyResponse.self)
        #expect(try await world.reason(ReKeyRequest(uniqueIdentifier: taken)) == .permissionDenied)
        // PyKMIP's empty Template-Attribute.
        #expect(try await world.reason(ReKeyRequest(uniqueIdentifier: key, templateAttribute: TemplateAttribute())) == nil)
    }

    @Test func aReplacementIsAsClosedAsTheKey() async throws {
        let world = try World.atEdge()
        let key = try await create(world, "k", and: [Attribute(.sensitive, .boolean(true)), Attribute(.extractable, .boolean(false))])
        let new: ReKeyResponse = try await world.ask(ReKeyRequest(uniqueIdentifier: key))
        #expect(try await world.reason(GetRequest(uniqueIdentifier: new.uniqueIdentifier)) == .sensitive)
    }
}
