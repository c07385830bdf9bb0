import KCMAccess
import KCMEngine
import KCMPluginHost
import KCMStore
import KMIP
import NIOCore
import Testing

/// What someone who can write to the store may try on sealed records: nothing opens that this service did not seal so, there, and then.
@Suite struct TamperTests {
    private static let acme = Namespace("acme")

    private func key(_ identifier: String, _ part: String) -> [UInt8] { Array("o/\(identifier)/\(part)".utf8) }

    private func value(_ world: World, _ key: [UInt8], of namespace: Namespace = acme) async throws -> StoredValue {
        try #require(try await world.store.get(key, in: namespace))
    }

    /// Puts bytes where a record was, under the revision that it had, as one who edits the store's files would.
    private func plant(_ world: World, _ bytes: [UInt8], at key: [UInt8], revision: UInt64, in namespace: Namespace = acme) async throws {
        try await world.store.commit([.remove(key)], in: namespace)
        try await world.store.commit([.restore(key, bytes, revision: revision)], in: namespace)
        world.engine.repository.forget(tenant: namespace.name)
    }

    /// Whether Get gives the object's value.
    private func opens(_ world: World, _ identifier: String, from principal: Principal = World.acme) async throws -> Bool {
        let reason = try await world.reason(GetRequest(uniqueIdentifier: identifier), from: principal)
        // An altered record is the server's trouble: neither its value nor the reason leaves.
        if let reason { #expect(reason == .generalFailure || reason == .itemNotFound || reason == .illegalOperation) }
        return reason == nil
    }

    @Test(arguments: ["a", "k"]) func noByteCanBeFlipped(_ part: String) async throws {
        let world = try World.atEdge()
        let identifier = try await world.key("k")
        let place = key(identifier, part)
        let record = try await value(world, place)
        for index in record.value.indices {
            for bit in [UInt8(1), 0x80] {
                var bytes = record.value
                bytes[index] ^= bit
                try await plant(world, bytes, at: place, revision: record.revision)
                #expect(try await !opens(world, identifier), "byte \(index), bit \(bit)")
            }
        }
        try await plant(world, record.value, at: place, revision: record.revision)
        #expect(try await opens(world, identifier), "as it was, it opens")
    }

    @Test(arguments: ["a", "k"]) func noRecordCanBeCutOrExtended(_ part: String) async throws {
        let world = try World.atEdge()
        let identifier = try await world.key("k")
        let place = key(identifier, part)
        let record = try await value(world, place)
        for count in record.value.indices {
            try await plant(world, Array(record.value[..<count]), at: place, revision: record.revision)
            #expect(try await !opens(world, identifier), "the first \(count) bytes")
        }
        for more in [[UInt8(0)], Array(record.value.suffix(16)), record.value] {
            try await plant(world, record.value + more, at: place, revision: record.revision)
            #expect(try await !opens(world, identifier), "\(more.count) bytes more")
        }
        try await plant(world, [], at: place, revision: record.revision)
        #expect(try await !opens(world, identifier))
    }

    @Test func noRecordCanBeMovedToAnotherIdentifierOrTenant() async throws {
        let world = try World.atEdge()
        let (one, two) = (try await world.key("one"), try await world.key("two"))
        // The first Get changes the attribute Fresh, and with it the revision.
        for identifier in [one, two] { #expect(try await opens(world, identifier)) }
        for part in ["a", "k"] {
            let (mine, theirs) = (try await value(world, key(one, part)), try await value(world, key(two, part)))
            #expect(mine.revision == theirs.revision)
            try await plant(world, theirs.value, at: key(one, part), revision: mine.revision)
            #expect(try await !opens(world, one), "half \(part) of another object")
            try await plant(world, mine.value, at: key(one, part), revision: mine.revision)
            #expect(try await opens(world, one))
        }
        // Both halves together, also to another tenant's place of the same identifier.
        _ = try await world.key("g", from: World.globex)
        for part in ["a", "k"] {
            let record = try await value(world, key(one, part))
            try await world.store.commit([.restore(key(one, part), record.value, revision: record.revision)], in: Namespace("globex"))
        }
        #expect(try await !opens(world, one, from: World.globex))
        for part in ["a", "k"] {
            let record = try await value(world, key(two, part))
            try await plant(world, record.value, at: key(one, part), revision: record.revision)
        }
        #expect(try await !opens(world, one), "both halves of another object")
    }

    @Test(arguments: ["a", "k"]) func halvesOfTwoRevisionsDoNotGoTogether(_ part: String) async throws {
        let world = try World.atEdge()
        let identifier = try await world.key("k")
        let old = try await value(world, key(identifier, part))
        _ = try await world.ask(
            RevokeRequest(uniqueIdentifier: identifier, revocationReason: World.revoke), as: RevokeResponse.self
        )
        let new = try await value(world, key(identifier, part))
        #expect(new.revision == old.revision + 1)
        // Under the revision of either time.
        for revision in [old.revision, new.revision] {
            try await plant(world, old.value, at: key(identifier, part), revision: revision)
            #expect(try await !opens(world, identifier), "revision \(revision)")
        }
        try await plant(world, new.value, at: key(identifier, part), revision: new.revision)
        #expect(try await opens(world, identifier))
    }

    @Test func anOldStateDoesNotPassForTheNewOne() async throws {
        let world = try World.atEdge()
        let identifier = try await world.key("k")
        let old = [try await value(world, key(identifier, "a")), try await value(world, key(identifier, "k"))]
        _ = try await world.ask(RevokeRequest(uniqueIdentifier: identifier, revocationReason: World.revoke), as: RevokeResponse.self)
        let new = [try await value(world, key(identifier, "a")), try await value(world, key(identifier, "k"))]
        for (part, half) in zip(["a", "k"], zip(old, new)) {
            try await plant(world, half.0.value, at: key(identifier, part), revision: half.1.revision)
        }
        #expect(try await !opens(world, identifier), "both halves from before, under the revision of after")
    }

    @Test func aHalfThatIsPutUnderTheOthersKeyDoesNotOpen() async throws {
        let world = try World.atEdge()
        let identifier = try await world.key("k")
        let (attributes, material) = (try await value(world, key(identifier, "a")), try await value(world, key(identifier, "k")))
        try await plant(world, material.value, at: key(identifier, "a"), revision: attributes.revision)
        #expect(try await !opens(world, identifier))
        try await plant(world, attributes.value, at: key(identifier, "a"), revision: attributes.revision)
        try await plant(world, attributes.value, at: key(identifier, "k"), revision: material.revision)
        #expect(try await !opens(world, identifier))
    }
}
