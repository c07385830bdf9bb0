internal import KCMCrypto
internal import Synchronization

/// Opened objects in use, bounded by number and by bytes; asked on event loops, so its locks are held for a look-up only.
///
/// Split into shards so that event loops seldom meet. Where the bounds are reached, an entry goes that was not used since the clock hand of
/// its shard came by last ("second chance"). Whatever goes is let go after the lock is, since wiping keys takes other locks.
final class ObjectCache: Sendable {
    /// A lock in a class, since a lock cannot be moved.
    private final class Shard: Sendable { let table = Mutex(CacheTable()) }

    private let shards: [Shard]
    private let limits: CacheLimits
    /// Of all shards; what is about to be inserted counts already.
    private let entries = Atomic(0)
    private let bytes = Atomic(0)
    /// Where the next reclaiming begins, so that it does not always take from the same shards.
    private let turn = Atomic(0)

    init(limits: CacheLimits = CacheLimits(), shardCount: Int = 16) {
        shards = (0..<shardCount).map { _ in Shard() }
        self.limits = limits
    }

    /// The shard of an identifier, and what stands for the identifier there: its last 16 bytes, of which 60 bits are random; `nil` for a
    /// text that is no identifier. Two of the same would take turns in the cache: what is found is compared.
    private func place(of identifier: String) -> (shard: Int, print: UInt64)? {
        let mixed: UInt64?? = identifier.utf8.withContiguousStorageIfAvailable { text in
            let bytes = UnsafeRawBufferPointer(text)
            guard bytes.count >= 16 else { return nil }
            let high = bytes.loadUnaligned(fromByteOffset: bytes.count - 16, as: UInt64.self)
            let low = bytes.loadUnaligned(fromByteOffset: bytes.count - 8, as: UInt64.self)
            // Digits as text differ in few bits of each byte: the multiplications spread them over the word. No identifier is a client's
            // choice, so nobody can make many fall together.
            let product = (high ^ 0x9E37_79B9_7F4A_7C15).multipliedFullWidth(by: low | 1)
            return product.high ^ product.low
        }
        guard let print = mixed ?? nil else { return nil }
        return (Int(print >> 48) % shards.count, print)
    }

    // MARK: Look-up

    /// The object, if it was opened with just these keys, which are one tenant's.
    func object(_ identifier: String, openedWith keys: TenantKeys) -> KeyObject? {
        guard let (shard, print) = place(of: identifier) else { return nil }
        return shards[shard].table.withLock { $0.find(print, identifier, keys) }
    }

    /// To be taken before the store is read for want of an entry, and given to ``insert(_:openedWith:ifUnchangedSince:)`` afterwards.
    func beginReading(_ identifier: String) -> UInt64 {
        guard let (shard, _) = place(of: identifier) else { return 0 }
        return shards[shard].table.withLock { table in
            table.misses += 1
            return table.epoch
        }
    }

    // MARK: Changes

    /// To be taken before a change of an object is stored, after ``remove(_:)``, and given to ``settle(_:openedWith:ifUnchangedSince:)``.
    func epoch(for identifier: String) -> UInt64 {
        guard let (shard, _) = place(of: identifier) else { return 0 }
        return shards[shard].table.withLock { $0.epoch }
    }

    /// Keeps what was read from the store, unless something of its shard was removed meanwhile.
    func insert(_ object: KeyObject, openedWith keys: TenantKeys, ifUnchangedSince epoch: UInt64) {
        put(object, keys, epoch, isChange: false)
    }

    /// Keeps what was just stored in place of what was read before. Where another change is under way, nothing is kept.
    /// - Parameters:
    ///   - objects: of one commit.
    ///   - epochs: one for each of them.
    func settle(_ objects: [KeyObject], openedWith keys: TenantKeys, ifUnchangedSince epochs: [UInt64]) {
        // Each moves the epoch of its shard on, also for those of the same commit.
        var settled: [Int: UInt64] = [:]
        for (object, epoch) in zip(objects, epochs) {
            guard let (shard, _) = place(of: object.uniqueIdentifier) else { continue }
            put(object, keys, epoch + settled[shard, default: 0], isChange: true)
            settled[shard, default: 0] += 1
        }
    }

    private func put(_ object: KeyObject, _ keys: TenantKeys, _ epoch: UInt64, isChange: Bool) {
        guard let (shard, print) = place(of: object.uniqueIdentifier) else { return }
        let size = object.footprint
        // One that is destroyed is of no more use, and would take the place of one that is.
        guard size <= limits.largest, !object.isDestroyed else {
            if isChange { remove(object.uniqueIdentifier) }
            return
        }
        makeRoom(for: size, in: shard)
        let entry = CacheTable.Entry(object: object, keys: keys, print: print, size: size)
        let (isKept, gone) = shards[shard].table.withLock { table in
            let isUnchanged = table.epoch == epoch
            // What others have read meanwhile is older than a change.
            if isChange { table.epoch += 1 }
            guard isUnchanged, !table.isBarred(print) else { return (false, isChange ? table.remove(print) : nil) }
            return (true, table.set(entry))
        }
        if !isKept { count(-1, -size) }
        if let gone { count(-1, -gone.size) }
    }

    func remove(_ identifier: String) {
        guard let (shard, print) = place(of: identifier) else { return }
        let gone = shards[shard].table.withLock { table in
            table.epoch += 1
            return table.remove(print)
        }
        if let gone { count(-1, -gone.size) }
    }

    /// Keeps an object out of the cache for good: it is read anew from the store each time.
    func bar(_ identifier: String) {
        guard let (shard, print) = place(of: identifier) else { return }
        let gone = shards[shard].table.withLock { table in
            table.epoch += 1
            return table.bar(print)
        }
        for one in gone { count(-1, -one.size) }
    }

    func removeAll(of tenant: String) {
        for shard in shards {
            let gone = shard.table.withLock { table in
                table.epoch += 1
                return table.removeAll { $0.keys.tenant == tenant }
            }
            for one in gone { count(-1, -one.size) }
        }
    }

    // MARK: Bounds

    /// Lets go of entries that take at least `wanted` bytes, and of an eighth of all, so that it is not called for each key.
    /// - Returns: whether there were any. Any thread.
    func reclaim(_ wanted: Int) -> Bool {
        let goal = max(wanted, bytes.load(ordering: .relaxed) / 8)
        var shard = turn.add(1, ordering: .relaxed).newValue & 0xFFFF
        var (freed, empty) = (0, 0)
        while freed < goal, empty < shards.count {
            if let size = evict(from: shard % shards.count) {
                freed += max(size, 1)
                empty = 0
            } else {
                empty += 1
            }
            shard += 1
        }
        return freed > 0
    }

    private func makeRoom(for size: Int, in first: Int) {
        count(1, size)
        var (shard, empty) = (first, 0)
        while entries.load(ordering: .relaxed) > limits.entries || bytes.load(ordering: .relaxed) > limits.bytes {
            if evict(from: shard % shards.count) != nil { empty = 0 } else { empty += 1 }
            // What is left is being inserted by others.
            guard empty < shards.count else { return }
            shard += 1
        }
    }

    private func evict(from shard: Int) -> Int? {
        guard let gone = shards[shard].table.withLock({ $0.evict() }) else { return nil }
        count(-1, -gone.size)
        return gone.size
    }

    private func count(_ objects: Int, _ size: Int) {
        entries.add(objects, ordering: .relaxed)
        bytes.add(size, ordering: .relaxed)
    }

    var statistics: CacheStatistics {
        var all = CacheStatistics(entries: entries.load(ordering: .relaxed), bytes: bytes.load(ordering: .relaxed), limits: limits)
        for shard in shards {
            shard.table.withLock { table in
                all.hits += table.hits
                all.misses += table.misses
                all.evictions += table.evictions
            }
        }
        return all
    }
}
