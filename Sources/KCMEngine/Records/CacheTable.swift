/// One shard of ``ObjectCache``: entries side by side, without gaps, under a clock hand. Every use is O(1), ``evict()`` amortised: its hand
/// only passes over entries that a look-up has marked since.
struct CacheTable {
    struct Entry {
        let object: KeyObject
        let keys: TenantKeys
        /// What stands for the identifier.
        let print: UInt64
        let size: Int
        var isUsed = false
    }

    /// So many changes of unknown outcome are remembered; beyond them, the shard keeps nothing any more.
    private static let maximumBarred = 4096

    private var slots: [Entry] = []
    private var places: [UInt64: Int] = [:]
    private var hand = 0
    /// Objects whose last change may or may not have happened.
    private var barred: Set<UInt64> = []
    private var isShut = false

    /// Grows with each removal, so that what was read from the store before a removal is not inserted after it.
    var epoch: UInt64 = 0
    var hits = 0
    var misses = 0
    private(set) var evictions = 0

    mutating func find(_ print: UInt64, _ identifier: String, _ keys: TenantKeys) -> KeyObject? {
        guard let place = places[print], slots[place].keys === keys, slots[place].object.uniqueIdentifier == identifier else { return nil }
        hits += 1
        slots[place].isUsed = true
        return slots[place].object
    }

    /// - Returns: what was there before.
    mutating func set(_ entry: Entry) -> Entry? {
        if let place = places[entry.print] {
            let gone = slots[place]
            slots[place] = entry
            return gone
        }
        places[entry.print] = slots.count
        slots.append(entry)
        return nil
    }

    mutating func remove(_ print: UInt64) -> Entry? { places[print].map { remove(at: $0) } }

    /// The last entry takes the place of the one that goes.
    private mutating func remove(at place: Int) -> Entry {
        let gone = slots[place]
        places[gone.print] = nil
        let last = slots.removeLast()
        if place < slots.count {
            slots[place] = last
            places[last.print] = place
        }
        return gone
    }

    mutating func removeAll(where goes: (Entry) -> Bool) -> [Entry] {
        var gone: [Entry] = []
        for place in slots.indices.reversed() where goes(slots[place]) { gone.append(remove(at: place)) }
        return gone
    }

    /// Takes the next entry out that was not used since the hand came by last; `nil` where there is none at all.
    mutating func evict() -> Entry? {
        guard !slots.isEmpty else { return nil }
        while true {
            if hand >= slots.count { hand = 0 }
            guard slots[hand].isUsed else { break }
            slots[hand].isUsed = false
            hand += 1
        }
        evictions += 1
        // The entry that moves here has its turn with the next round.
        defer { hand += 1 }
        return remove(at: hand)
    }

    func isBarred(_ print: UInt64) -> Bool { isShut || barred.contains(print) }

    /// - Returns: what goes with it.
    mutating func bar(_ print: UInt64) -> [Entry] {
        guard !isShut else { return [] }
        barred.insert(print)
        guard barred.count > Self.maximumBarred else { return remove(print).map { [$0] } ?? [] }
        isShut = true
        barred = []
        return removeAll { _ in true }
    }
}
