import KCMCrypto
import KMIP
import Testing

@testable import KCMEngine

/// What is kept in locked memory is bounded by its bytes, too: a client chooses how large its objects are.
@Suite struct ObjectCacheTests {
    private let keys: TenantKeys

    init() throws {
        func key() throws -> SecretKey { SecretKey(try SecretBytes.random(count: 32)) }
        keys = TenantKeys(tenant: "acme", current: 1, generations: [1: try key()], blinding: try key(), leaseEnd: .max)
    }

    private func object(_ size: Int) throws -> KeyObject {
        KeyObject(
            uniqueIdentifier: try UniqueIdentifier.make(.l4), level: .l4, objectType: .opaqueObject, attributes: AttributeSet(), state: .active,
            material: Material(form: .value(type: 1), key: SecretKey(try SecretBytes.random(count: size))), revision: 1
        )
    }

    private func insert(_ object: KeyObject, _ cache: ObjectCache) {
        cache.insert(object, of: "acme", openedWith: keys, ifUnchangedSince: cache.epoch(for: object.uniqueIdentifier))
    }

    @Test func holdsNoMoreBytesThanItMay() throws {
        let cache = ObjectCache(capacity: 100_000, bytes: 1 << 20)
        for _ in 0..<1000 { insert(try object(4096), cache) }
        #expect(cache.bytes <= 1 << 20)
        #expect(cache.bytes > 1 << 19, "and uses them")
        let large = try object(4097)
        insert(large, cache)
        #expect(cache.object(large.uniqueIdentifier, of: "acme", openedWith: keys) == nil)
    }

    @Test func countsWhatIsReplacedAndRemoved() throws {
        let cache = ObjectCache(capacity: 1000, bytes: 1 << 20)
        let one = try object(1000)
        insert(one, cache)
        insert(one, cache)
        #expect(cache.bytes == 1000)
        insert(try object(500), cache)
        cache.remove(one.uniqueIdentifier, of: "acme")
        #expect(cache.bytes == 500)
        cache.removeAll(of: "acme")
        #expect(cache.bytes == 0)
    }
}
