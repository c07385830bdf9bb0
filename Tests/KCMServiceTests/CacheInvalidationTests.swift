import KCMEngine
import KCMStore
import KMIP
import NIOCore
import Testing

/// What is kept of an opened object is what the keystore has, after every kind of change, done or not done.
@Suite struct CacheInvalidationTests {
    /// A change of one key, and whether it is done.
    struct Change: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let request: @Sendable (String) -> any RequestPayload

        init(_ name: String, _ request: @escaping @Sendable (String) -> any RequestPayload) {
            testDescription = name
            self.request = request
        }
    }

    static let changes = [
        Change("Revoke") { RevokeRequest(uniqueIdentifier: $0, revocationReason: World.revoke) },
        Change("Re-key") { ReKeyRequest(uniqueIdentifier: $0) },
        Change("Add Attribute") { AddAttributeRequest(uniqueIdentifier: $0, attribute: Attribute(.name, Name("more").attributeValue)) },
        Change("Modify Attribute") {
            ModifyAttributeRequest(uniqueIdentifier: $0, attribute: Attribute(.name, index: 0, Name("other").attributeValue))
        },
        Change("Delete Attribute") { DeleteAttributeRequest(uniqueIdentifier: $0, attributeName: "Name") },
    ]

    /// An active key that is in memory, and the snapshot.
    private func warm(_ world: World) async throws -> (key: String, object: KeyObject) {
        let key = try await world.key("k")
        _ = try await world.ask(GetRequest(uniqueIdentifier: key), as: GetResponse.self)
        _ = try await world.ask(GetAttributesRequest(uniqueIdentifier: key), as: GetAttributesResponse.self)
        return (key, try #require(cached(key, world), "nothing is kept, so nothing can be old"))
    }

    private func cached(_ key: String, _ world: World) -> KeyObject? { world.engine.repository.cached(key, of: "acme") }

    /// The snapshot that is opened from the store.
    private func stored(_ key: String, _ world: World) async throws -> KeyObject {
        world.engine.repository.forget(tenant: "acme")
        _ = try await world.ask(GetAttributesRequest(uniqueIdentifier: key), as: GetAttributesResponse.self)
        return try #require(cached(key, world))
    }

    private func expectCurrent(_ kept: KeyObject?, _ stored: KeyObject) {
        guard let kept else { return }
        #expect(kept.revision == stored.revision)
        #expect(kept.storedState == stored.storedState)
        #expect(kept.attributes == stored.attributes)
        #expect((kept.material == nil) == (stored.material == nil))
    }

    @Test(arguments: changes) func afterAChange(change: Change) async throws {
        let world = try World.atEdge()
        let (key, before) = try await warm(world)
        let item = try await world.batch([change.request(key)], from: World.acme).items[0]
        #expect(item.resultStatus == .success, "\(item)")
        let kept = cached(key, world)
        let after = try await stored(key, world)
        #expect(after.revision > before.revision)
        #expect(kept != nil, "the next request need not open it again")
        expectCurrent(kept, after)
    }

    @Test func afterActivate() async throws {
        let world = try World.atEdge()
        let made: CreateResponse = try await world.ask(World.create("k"))
        let key = made.uniqueIdentifier
        _ = try await world.ask(GetAttributesRequest(uniqueIdentifier: key), as: GetAttributesResponse.self)
        #expect(cached(key, world)?.storedState == .preActive)
        _ = try await world.ask(ActivateRequest(uniqueIdentifier: key), as: ActivateResponse.self)
        let kept = cached(key, world)
        #expect(kept?.storedState == .active)
        expectCurrent(kept, try await stored(key, world))
    }

    @Test func afterDestroy() async throws {
        let world = try World.atEdge()
        let (key, _) = try await warm(world)
        _ = try await world.ask(RevokeRequest(uniqueIdentifier: key, revocationReason: World.revoke), as: RevokeResponse.self)
        _ = try await world.ask(DestroyRequest(uniqueIdentifier: key), as: DestroyResponse.self)
        #expect(cached(key, world)?.material == nil, "its value is not in memory any more")
        #expect(try await world.reason(GetRequest(uniqueIdentifier: key)) == .permissionDenied)
    }

    @Test(arguments: changes) func afterABatch(change: Change) async throws {
        let world = try World.atEdge()
        let (key, before) = try await warm(world)
        let missing = GetRequest(uniqueIdentifier: "L4-00000000-0000-4000-8000-000000000000")
        let undone = try await world.batch([change.request(key), missing], from: World.acme) { $0.batchErrorContinuationOption = .undo }
        #expect(undone.items.map(\.resultStatus) == [.operationUndone, .operationFailed])
        #expect(cached(key, world)?.revision == before.revision)
        expectCurrent(cached(key, world), try await stored(key, world))
        let done = try await world.batch([change.request(key), GetAttributesRequest(uniqueIdentifier: key)], from: World.acme) {
            $0.batchErrorContinuationOption = .undo
        }
        #expect(done.items[0].resultStatus == .success)
        let kept = cached(key, world)
        let after = try await stored(key, world)
        #expect(after.revision > before.revision)
        expectCurrent(kept, after)
    }

    @Test func afterSealingAnew() async throws {
        let world = try World.atEdge()
        let (key, before) = try await warm(world)
        let keys = try await world.keyring.keys(of: "acme")
        keys.rotate(to: 2, key: keys.blinding)
        #expect(try await world.engine.repository.reseal(key, of: "acme") == .sealed)
        let kept = cached(key, world)
        let after = try await stored(key, world)
        #expect(after.revision > before.revision)
        expectCurrent(kept, after)
    }

    @Test func afterAMark() async throws {
        let world = try World.atEdge()
        let (key, before) = try await warm(world)
        world.keyring.isClosed = true
        _ = try await world.ask(RevokeRequest(uniqueIdentifier: key, revocationReason: World.revoke), as: RevokeResponse.self)
        world.keyring.isClosed = false
        #expect(cached(key, world) == nil, "\(before.storedState) was kept")
        #expect(try await stored(key, world).storedState == .compromised)
    }

    // MARK: Changes of unknown outcome

    /// The world, its store, and a key that is in memory.
    private func lateWorld() async throws -> (world: World, store: LateStore, key: String) {
        var late: LateStore?
        let world = try World.atEdge { store, keyring in
            let made = LateStore(store)
            late = made
            return (made, keyring)
        }
        return (world, try #require(late), try await warm(world).key)
    }

    @Test(arguments: changes) func afterAChangeThatLandsLate(change: Change) async throws {
        let (world, store, key) = try await lateWorld()
        store.beLate()
        #expect(try await world.reason(change.request(key)) == .generalFailure)
        // Read between: what is read now is old as soon as the change is there.
        _ = try await world.ask(GetAttributesRequest(uniqueIdentifier: key), as: GetAttributesResponse.self)
        try await store.land()
        #expect(cached(key, world) == nil)
    }

    @Test func afterAMarkThatLandsLate() async throws {
        let (world, store, key) = try await lateWorld()
        store.beLate()
        world.keyring.isClosed = true
        #expect(try await world.reason(RevokeRequest(uniqueIdentifier: key, revocationReason: World.revoke)) == .generalFailure)
        world.keyring.isClosed = false
        _ = try await world.ask(GetAttributesRequest(uniqueIdentifier: key), as: GetAttributesResponse.self)
        try await store.land()
        #expect(cached(key, world) == nil)
        #expect(try await world.reason(EncryptRequest(uniqueIdentifier: key, data: ByteBuffer(bytes: [1]))) != nil)
    }
}
