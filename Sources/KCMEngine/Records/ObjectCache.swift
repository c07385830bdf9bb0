internal import KCMCrypto
internal import Synchronization

/// Opened objects in use, bounded by number and by the bytes of their values, which are in locked memory; asked on event loops, so its
/// locks are held for a look-up only.
///
/// Split into shards so that event loops seldom meet. When a shard is full, an entry that was not used since the last sweep goes
/// (a clock hand over the shard, "second chance").
final class ObjectCache: Sendable {
    private struct Key: Hashable {
        let tenant: String
        let identifier: String
    }

    private struct Entry {
        let object: KeyObject
        let keys: TenantKeys
        var used: Bool

        /// Of the value, in bytes.
        var size: Int { object.material?.key.bytes.count ?? 0 }
    }

    private struct Entries {
        var byKey: [Key: Entry] = [:]
        /// Of the values of all entries.
        var bytes = 0
        /// Objects whose last change may or may not have happened: never inserted again in the life of the process.
        var barred: Set<Key> = []
        /// Grows with each removal, so that what was read from the store before a removal is not inserted after it.
        var epoch: UInt64 = 0

        mutating func set(_ key: Key, _ entry: Entry?) {
            let before = byKey[key].map { $0.size } ?? 0
            byKey[key] = entry
            bytes += (entry.map { $0.size } ?? 0) - before
        }
    }

    /// A lock in a class, since a lock cannot be moved.
    private final class Shard: Sendable { let entries = Mutex(Entries()) }

    private let shards: [Shard]
    private let capacityPerShard: Int
    private let bytesPerShard: Int

    /// - Parameters:
    ///   - capacity: the most objects.
    ///   - bytes: the most that their values take; a value of more than a sixteenth of a shard's part is read anew each time.
    init(capacity: Int, bytes: Int = 64 << 20, shardCount: Int = 16) {
        shards = (0..<shardCount).map { _ in Shard() }
        capacityPerShard = max(1, capacity / shardCount)
        bytesPerShard = max(1, bytes / shardCount)
    }

    /// Of all values that are kept, in bytes.
    var bytes: Int { shards.reduce(0) { $0 + $1.entries.withLock { $0.bytes } } }

    private func shard(_ identifier: String) -> Shard {
        // The last digits of a random UUID are spread evenly; `0` to `9` and `a` to `f` have different low bits but for bit 4.
        let digit = Int(identifier.utf8.last ?? 0)
        return shards[(digit & 15 &+ (digit >> 6) &* 9) % shards.count]
    }

    /// To be taken before the store is read, and given to ``insert(_:of:openedWith:ifUnchangedSince:)`` afterwards.
    func epoch(for identifier: String) -> UInt64 { shard(identifier).entries.withLock { $0.epoch } }

    /// The object, if it was opened with just these keys.
    func object(_ identifier: String, of tenant: String, openedWith keys: TenantKeys) -> KeyObject? {
        let key = Key(tenant: tenant, identifier: identifier)
        return shard(identifier).entries.withLock { entries in
            guard let index = entries.byKey.index(forKey: key), entries.byKey.values[index].keys === keys else { return nil }
            entries.byKey.values[index].used = true
            return entries.byKey.values[index].object
        }
    }

    func insert(_ object: KeyObject, of tenant: String, openedWith keys: TenantKeys, ifUnchangedSince epoch: UInt64) {
        shard(object.uniqueIdentifier).entries.withLock { entries in
            let key = Key(tenant: tenant, identifier: object.uniqueIdentifier)
            guard entries.epoch == epoch, !entries.barred.contains(key) else { return }
            let entry = Entry(object: object, keys: keys, used: false)
            guard entry.size <= bytesPerShard / 16 else { return }
            while entries.byKey.count >= capacityPerShard || entries.bytes + entry.size > bytesPerShard { evict(&entries) }
            entries.set(key, entry)
        }
    }

    func remove(_ identifier: String, of tenant: String) {
        shard(identifier).entries.withLock { entries in
            entries.epoch += 1
            entries.set(Key(tenant: tenant, identifier: identifier), nil)
        }
    }

    /// Keeps an object out of the cache for good: it is read anew from the store each time.
    func bar(_ identifier: String, of tenant: String) {
        shard(identifier).entries.withLock { entries in
            entries.epoch += 1
            _ = entries.barred.insert(Key(tenant: tenant, identifier: identifier))
        }
    }

    func removeAll(of tenant: String) {
        for shard in shards {
            shard.entries.withLock { entries in
                entries.epoch += 1
                entries.byKey = entries.byKey.filter { $0.key.tenant != tenant }
                entries.bytes = entries.byKey.values.reduce(0) { $0 + $1.size }
            }
        }
    }

    /// Drops about an eighth of the shard, at least one entry: unused entries first.
    private func evict(_ entries: inout Entries) {
        var room = max(1, entries.byKey.count / 8)
        for key in Array(entries.byKey.keys) where room > 0 {
            if entries.byKey[key]?.used == true { entries.byKey[key]?.used = false } else {
                entries.set(key, nil)
                room -= 1
            }
        }
        for key in Array(entries.byKey.keys.prefix(room)) { entries.set(key, nil) }
    }
}
