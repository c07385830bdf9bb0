import KCMCrypto
import KMIP
import Testing

@testable import KCMEngine

/// What is kept in locked memory is bounded by its bytes, too: a client chooses how large its objects are.
@Suite struct ObjectCacheTests {
    private let keys: TenantKeys
    private let others: TenantKeys

    init() throws {
        func key() throws -> SecretKey { SecretKey(try SecretBytes.random(count: 32)) }
        keys = TenantKeys(tenant: "acme", current: 1, generations: [1: try key()], blinding: try key(), leaseEnd: .max)
        others = TenantKeys(tenant: "globex", current: 1, generations: [1: try key()], blinding: try key(), leaseEnd: .max)
    }

    private func object(_ size: Int, attributes: AttributeSet = AttributeSet(), identifier: String? = nil, revision: UInt64 = 1) throws -> KeyObject {
        KeyObject(
            uniqueIdentifier: try identifier ?? UniqueIdentifier.make(.l4), level: .l4, objectType: .opaqueObject, attributes: attributes,
            state: .active, material: Material(form: .value(type: 1), key: SecretKey(try SecretBytes.random(count: size))), revision: revision
        )
    }

    private func insert(_ object: KeyObject, _ cache: ObjectCache, _ keys: TenantKeys? = nil) {
        cache.insert(object, openedWith: keys ?? self.keys, ifUnchangedSince: cache.epoch(for: object.uniqueIdentifier))
    }

    private func found(_ object: KeyObject, _ cache: ObjectCache) -> KeyObject? { cache.object(object.uniqueIdentifier, openedWith: keys) }

    // MARK: Bounds

    @Test func holdsNoMoreBytesThanItMay() throws {
        let cache = ObjectCache(limits: CacheLimits(entries: 100_000, bytes: 1 << 20))
        for _ in 0..<1000 { insert(try object(4096), cache) }
        #expect(cache.statistics.bytes == 1 << 20, "and uses them")
        #expect(cache.statistics.entries == 256)
        #expect(cache.statistics.evictions == 1000 - 256)
        let large = try object(16_385)
        insert(large, cache)
        #expect(found(large, cache) == nil)
    }

    @Test func countsWholeBlocksAndAttributesThatAClientMadeLarge() throws {
        let cache = ObjectCache()
        insert(try object(33), cache)
        #expect(cache.statistics.bytes == 64)
        let name = Attribute(.name, Name(String(repeating: "n", count: 4000)).attributeValue)
        insert(try object(32, attributes: AttributeSet([name])), cache)
        #expect((64 + 32 + 2000...64 + 32 + 3000).contains(cache.statistics.bytes), "\(cache.statistics.bytes)")
    }

    @Test func holdsNoMoreObjectsThanItMayAndAsManyAsItMay() throws {
        let cache = ObjectCache(limits: CacheLimits(entries: 1000))
        let all = try (0..<1000).map { _ in try object(1) }
        for one in all { insert(one, cache) }
        // However unevenly they fall on the shards.
        #expect(all.allSatisfy { found($0, cache) != nil })
        insert(try object(1), cache)
        #expect(cache.statistics.entries == 1000)
        #expect(all.filter { found($0, cache) == nil }.count == 1)
    }

    @Test func whatIsUsedOutlivesWhatIsNot() throws {
        // Of several shards, one could by chance hold nothing but what is used.
        let cache = ObjectCache(limits: CacheLimits(entries: 200), shardCount: 1)
        let used = try (0..<50).map { _ in try object(1) }
        for one in used { insert(one, cache) }
        for _ in 0..<2000 {
            insert(try object(1), cache)
            for one in used { _ = found(one, cache) }
        }
        #expect(used.filter { found($0, cache) != nil }.count == 50)
    }

    @Test func countsWhatIsReplacedAndRemoved() throws {
        let cache = ObjectCache()
        let one = try object(1000)
        insert(one, cache)
        insert(one, cache)
        #expect(cache.statistics.bytes == 1024 && cache.statistics.entries == 1)
        insert(try object(500), cache)
        cache.remove(one.uniqueIdentifier)
        #expect(cache.statistics.bytes == 512)
        let other = try object(32)
        insert(other, cache, others)
        cache.removeAll(of: "acme")
        #expect(cache.statistics.bytes == 32 && cache.statistics.entries == 1)
        #expect(cache.object(other.uniqueIdentifier, openedWith: others) != nil)
    }

    @Test func letsGoOfWhatIsAskedForAndSaysWhenThereIsNothing() throws {
        let cache = ObjectCache()
        for _ in 0..<100 { insert(try object(1024), cache) }
        #expect(cache.reclaim(4096))
        #expect(cache.statistics.entries == 87, "an eighth at least")
        #expect(cache.reclaim(50 << 10))
        #expect(cache.statistics.entries == 37)
        while cache.reclaim(1) {}
        #expect(cache.statistics.entries == 0 && cache.statistics.bytes == 0 && cache.statistics.evictions == 100)
        let next = try object(1)
        insert(next, cache)
        #expect(found(next, cache) != nil)
    }

    @Test func boundsHoldWhenManyComeAtOnce() async throws {
        let cache = ObjectCache(limits: CacheLimits(entries: 100, bytes: 64 << 10))
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    for step in 0..<500 {
                        guard let one = try? object(1 + (step * 37 + task) % 900) else { return }
                        insert(one, cache)
                        if step % 7 == 0 { cache.remove(one.uniqueIdentifier) }
                        if step % 91 == 0 { cache.removeAll(of: "acme") }
                        if step % 50 == 0 { _ = cache.reclaim(1024) }
                    }
                }
            }
        }
        #expect(cache.statistics.entries <= 100 && cache.statistics.bytes <= 64 << 10)
        cache.removeAll(of: "acme")
        #expect(cache.statistics.entries == 0 && cache.statistics.bytes == 0, "what came and went adds up")
    }

    // MARK: What is found

    @Test func findsWhatWasOpenedWithTheseKeysAlone() throws {
        let cache = ObjectCache()
        let one = try object(32)
        insert(one, cache)
        #expect(found(one, cache) === one)
        #expect(cache.object(one.uniqueIdentifier, openedWith: others) == nil)
        // The same 16 bytes at the end.
        #expect(cache.object("L3" + one.uniqueIdentifier.dropFirst(2), openedWith: keys) == nil)
        for text in ["", "x", String(repeating: "ü", count: 20), String(one.uniqueIdentifier.dropLast())] {
            #expect(cache.object(text, openedWith: keys) == nil)
        }
        #expect(cache.statistics.hits == 1)
        _ = cache.beginReading(one.uniqueIdentifier)
        #expect(cache.statistics.misses == 1)
    }

    // MARK: Changes

    @Test func whatWasReadBeforeAChangeIsNotKeptAfterIt() throws {
        let cache = ObjectCache()
        let one = try object(32)
        let read = cache.beginReading(one.uniqueIdentifier)
        cache.remove(one.uniqueIdentifier)
        cache.insert(one, openedWith: keys, ifUnchangedSince: read)
        #expect(found(one, cache) == nil)
        let forgotten = cache.beginReading(one.uniqueIdentifier)
        cache.removeAll(of: "acme")
        cache.insert(one, openedWith: keys, ifUnchangedSince: forgotten)
        #expect(found(one, cache) == nil)
    }

    @Test func allObjectsOfOneCommitAreKept() throws {
        let cache = ObjectCache(shardCount: 1)
        let stored = try (0..<3).map { _ in try object(32) }
        let epochs = stored.map { cache.epoch(for: $0.uniqueIdentifier) }
        cache.settle(stored, openedWith: keys, ifUnchangedSince: epochs)
        #expect(stored.allSatisfy { cache.object($0.uniqueIdentifier, openedWith: keys) === $0 })
    }

    @Test func whatIsStoredTakesThePlaceOfWhatWasReadMeanwhile() throws {
        let cache = ObjectCache()
        let old = try object(32)
        let new = try object(32, identifier: old.uniqueIdentifier, revision: 2)
        cache.remove(old.uniqueIdentifier)
        let epoch = cache.epoch(for: old.uniqueIdentifier)
        insert(old, cache)
        let late = cache.beginReading(old.uniqueIdentifier)
        cache.settle([new], openedWith: keys, ifUnchangedSince: [epoch])
        #expect(found(old, cache) === new)
        cache.insert(old, openedWith: keys, ifUnchangedSince: late)
        #expect(found(old, cache) === new, "what was read before the change")
    }

    @Test func ofTwoChangesAtATimeNoneIsKept() throws {
        let cache = ObjectCache()
        let old = try object(32)
        let epoch = cache.epoch(for: old.uniqueIdentifier)
        // The next change has begun; what the first one stored may be old already.
        cache.remove(old.uniqueIdentifier)
        insert(old, cache)
        cache.settle([try object(32, identifier: old.uniqueIdentifier, revision: 2)], openedWith: keys, ifUnchangedSince: [epoch])
        #expect(found(old, cache) == nil)
        #expect(cache.statistics.entries == 0)
    }

    @Test func aChangeThatMakesAnObjectTooLargeRemovesTheOldOne() throws {
        let cache = ObjectCache(limits: CacheLimits(bytes: 64 << 10))
        let old = try object(32)
        insert(old, cache)
        let large = try object(4096, identifier: old.uniqueIdentifier, revision: 2)
        cache.settle([large], openedWith: keys, ifUnchangedSince: [cache.epoch(for: old.uniqueIdentifier)])
        #expect(found(old, cache) == nil)
    }

    @Test func whatIsDestroyedIsNotKept() throws {
        let cache = ObjectCache()
        let old = try object(32)
        insert(old, cache)
        let destroyed = KeyObject(
            uniqueIdentifier: old.uniqueIdentifier, level: .l4, objectType: .opaqueObject, attributes: old.attributes, state: .destroyed,
            material: nil, revision: 2
        )
        cache.settle([destroyed], openedWith: keys, ifUnchangedSince: [cache.epoch(for: old.uniqueIdentifier)])
        #expect(found(old, cache) == nil)
        insert(destroyed, cache)
        #expect(cache.statistics.entries == 0)
    }

    @Test func whatIsBarredStaysOutAndTheListOfItIsBounded() throws {
        let cache = ObjectCache(shardCount: 1)
        let one = try object(32)
        insert(one, cache)
        cache.bar(one.uniqueIdentifier)
        #expect(found(one, cache) == nil)
        insert(one, cache)
        cache.settle([one], openedWith: keys, ifUnchangedSince: [cache.epoch(for: one.uniqueIdentifier)])
        #expect(found(one, cache) == nil)
        let free = try object(32)
        insert(free, cache)
        #expect(found(free, cache) != nil)
        for _ in 0..<4096 { cache.bar(try UniqueIdentifier.make(.l4)) }
        insert(free, cache)
        insert(one, cache)
        #expect(cache.statistics.entries == 0, "a keystore that loses track of so many changes is not to be guessed at")
    }
}
