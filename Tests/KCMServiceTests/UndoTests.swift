import KCMEngine
import KMIP
import NIOCore
import Testing

/// Batch Error Continuation Option Undo (KMIP 1.4 §6.13): all items, or none.
@Suite struct UndoTests {
    private func undo(_ world: World, _ payloads: [any RequestPayload]) async throws -> [ResponseBatchItem] {
        let (items, audit) = try await world.batch(payloads, from: World.acme) {
            $0.batchErrorContinuationOption = .undo
        }
        #expect(audit.count == items.count)
        #expect(audit.map(\.resultStatus) == items.map(\.resultStatus.description))
        return items
    }

    private func names(_ world: World) async throws -> Int {
        try await world.ask(LocateRequest(attributes: [Attribute(.cryptographicLength, .integer(256))]), as: LocateResponse.self).uniqueIdentifiers
            .count
    }

    private let missing = GetRequest(uniqueIdentifier: "L4-00000000-0000-4000-8000-000000000000")

    @Test func itemsSeeOneAnotherAndAreAllStored() async throws {
        let world = try World.atEdge()
        let items = try await undo(world, [World.create("a"), ActivateRequest(), GetRequest(), World.create("b"), GetRequest()])
        #expect(items.allSatisfy { $0.resultStatus == .success })
        #expect(try await names(world) == 2)
        let found: LocateResponse = try await world.ask(LocateRequest(attributes: [Attribute(.name, Name("a").attributeValue)]))
        let key = try #require(found.uniqueIdentifiers.first)
        world.engine.repository.forget(tenant: "acme")
        let seen: GetAttributesResponse = try await world.ask(GetAttributesRequest(uniqueIdentifier: key, attributeNames: ["State", "Fresh"]))
        #expect(seen.attributes.map(\.value) == [.enumeration(State.active.rawValue), .boolean(false)])
    }

    @Test func aFailureLeavesEverythingAsItWas() async throws {
        let world = try World.atEdge()
        let key = try await world.key("k")
        let before: GetResponse = try await world.ask(GetRequest(uniqueIdentifier: key))
        let items = try await undo(
            world,
            [
                World.create("a"), RevokeRequest(uniqueIdentifier: key, revocationReason: World.revoke), DestroyRequest(uniqueIdentifier: key),
                World.create("k"), missing, World.create("never"),
            ])
        #expect(items.map(\.resultStatus) == [.operationUndone, .operationUndone, .operationUndone, .operationUndone, .operationFailed])
        #expect(items.last?.resultReason == .itemNotFound)
        #expect(items.allSatisfy { $0.payload == nil })
        #expect(try await names(world) == 1)
        world.engine.repository.forget(tenant: "acme")
        let after: GetResponse = try await world.ask(GetRequest(uniqueIdentifier: key))
        #expect(after.object.value == before.object.value, "the destroyed key is there")
        #expect(try await world.reason(World.create("k")) == .invalidField, "its name, too")
        #expect(try await world.reason(World.create("a")) == nil, "and the new one's is free")
    }

    @Test func namesAndSearchesFollowTheBatch() async throws {
        let world = try World.atEdge()
        let key = try await world.key("k")
        let name = LocateRequest(attributes: [Attribute(.name, Name("k").attributeValue)])
        let twice = try await undo(world, [World.create("n"), World.create("n")])
        #expect(twice.map(\.resultStatus) == [.operationUndone, .operationFailed] && twice[1].resultReason == .invalidField)
        let moved = try await undo(
            world,
            [
                DeleteAttributeRequest(uniqueIdentifier: key, attributeName: "Name"), World.create("k"), name, GetRequest(),
                AddAttributeRequest(uniqueIdentifier: key, attribute: Attribute(.name, Name("k2").attributeValue)),
            ])
        #expect(moved.map(\.resultReason) == [nil, nil, nil, nil, nil])
        let found: LocateResponse = try await world.ask(name)
        #expect(found.uniqueIdentifiers.count == 1 && found.uniqueIdentifiers != [key])
    }

    @Test func anAnswerThatIsTooLargeIsUndone() async throws {
        let world = try World.atEdge()
        let (items, audit) = try await world.batch([World.create("a"), World.create("b")], from: World.acme) {
            $0.batchErrorContinuationOption = .undo
            $0.maximumResponseSize = 160
        }
        #expect(items.allSatisfy { $0.resultReason == .responseTooLarge })
        #expect(audit.map(\.resultStatus) == ["OperationUndone", "OperationFailed"])
        #expect(try await names(world) == 0)
    }
}
