internal import CKCMPlugin
internal import Synchronization

/// Calls from many threads, as many at a time as the thread model allows.
enum ConcurrencyChecks {
    static let all: [Check] = [
        Check(remarking: counters, "store.threads.counters", "counters that many threads raise by compare-and-set lose nothing"),
        Check("store.threads.create", "of many threads that create the same key, one succeeds", create),
        Check(
            remarking: reads, "store.threads.reads",
            "get and scan beside writes hand over whole values and every entry that is there throughout, once"),
        Check("store.threads.batches", "a read that begins after a commit returned sees all of it, whichever thread made it", batches),
    ]

    private static let threads = 8
    /// A slow medium gets as far as it gets.
    private static let time = Duration.seconds(3)

    private static func counters(_ context: CheckContext) throws -> String? {
        let store = try context.openStore()
        let namespace = context.namespace()
        let keys = (UInt8(0)..<3).map { [0x63, $0] }
        let raised = Mutex([UInt64](repeating: 0, count: keys.count))
        let end = ContinuousClock.now + time
        try Threads.run(threads) { thread in
            for round in 0..<200 where ContinuousClock.now < end {
                let which = (thread + round) % keys.count
                while true {
                    let found = store.get(namespace, keys[which])
                    let write: Write
                    if found.code == KCM_NOT_FOUND {
                        write = .create(keys[which], Noise.value(1, size: 64))
                    } else {
                        guard found.code == KCM_OK, let number = found.value.flatMap(Noise.number(of:)) else {
                            throw CheckFailure("get of a counter: expected KCM_OK and a whole value, got \(found.answer)")
                        }
                        write = .replace(keys[which], Noise.value(number + 1, size: 64), revision: found.revision)
                    }
                    let answer = store.commit(namespace, write)
                    if answer.isOK { break }
                    try expect(answer.single == KCM_CONFLICT, "compare-and-set: expected KCM_OK or KCM_CONFLICT, got \(answer.answer)")
                }
                raised.withLock { $0[which] += 1 }
            }
        }
        let total = raised.withLock { $0 }
        for (key, expected) in zip(keys, total) where expected > 0 {
            let number = Noise.number(of: try store.mustGet(namespace, key).value)
            try expect(number == expected, "a counter was raised \(expected) times and stands at \(number.map { String($0) } ?? "no whole value")")
        }
        return "\(total.reduce(0, +)) increments from \(threads) threads"
    }

    private static func create(_ context: CheckContext) throws {
        let store = try context.openStore()
        let namespace = context.namespace()
        let end = ContinuousClock.now + time
        for round in 0..<50 where ContinuousClock.now < end {
            let key = Array("key-\(round)".utf8)
            let winners = Mutex([UInt8]())
            try Threads.run(threads) { thread in
                let answer = store.commit(namespace, .create(key, [UInt8(thread)]))
                if answer.isOK {
                    winners.withLock { $0.append(UInt8(thread)) }
                } else {
                    try expect(answer.single == KCM_CONFLICT, "expected KCM_OK or KCM_CONFLICT, got \(answer.answer)")
                }
            }
            let won = winners.withLock { $0 }
            try expect(won.count == 1, "\(won.count) of \(threads) threads created the same key")
            try store.mustHold(namespace, key, won, "of a key that \(threads) threads tried to create")
        }
    }

    private static func reads(_ context: CheckContext) throws -> String? {
        let store = try context.openStore()
        let namespace = context.namespace()
        let lasting = (UInt8(0)..<60).map { [0x6B, $0, 0] }
        let passing = (UInt8(0)..<60).map { [0x6B, $0, 1] }
        try store.mustCommit(namespace, lasting.enumerated().map { .put($1, Noise.value(UInt64($0), size: 300)) })
        let writing = Mutex(true)
        let scans = Atomic<Int>(0)
        let rounds = Atomic<Int>(0)
        let end = ContinuousClock.now + .seconds(2)
        try Threads.run(threads) { thread in
            if thread < 2 {
                defer { if thread == 0 { writing.withLock { $0 = false } } }
                var number = UInt64(thread)
                while ContinuousClock.now < end, thread == 0 || writing.withLock({ $0 }) {
                    number += 2
                    let index = Int(number % 60)
                    // Long and short by turns, so that a torn value shows.
                    let value = Noise.value(number, size: number % 3 == 0 ? 3000 : 60)
                    let other: Write = number % 2 == 0 ? .put(passing[index], value) : .remove(passing[(index + 7) % 60])
                    try store.mustCommit(namespace, [.put(lasting[index], value), other])
                    rounds.add(1, ordering: .relaxed)
                }
            } else {
                var turn = thread
                while writing.withLock({ $0 }) {
                    turn += 1
                    if turn % 4 != 0 {
                        let found = store.get(namespace, lasting[turn % 60])
                        try expect(found.code == KCM_OK, "get of a key that is there throughout: expected KCM_OK, got \(found.answer)")
                        try expect(
                            found.value.flatMap(Noise.number(of:)) != nil, "get beside writes handed over a value that nobody wrote: it is torn")
                    } else {
                        let entries = try store.mustScan(namespace, prefix: [0x6B])
                        try expect(
                            entries.allSatisfy { Noise.number(of: $0.value) != nil },
                            "a scan beside writes handed over a value that nobody wrote: it is torn")
                        for (one, next) in zip(entries, entries.dropFirst()) {
                            try expect(one.key.lexicographicallyPrecedes(next.key), "a scan beside writes is out of order or handed over a key twice")
                        }
                        let there = entries.count { $0.key.last == 0 }
                        try expect(
                            there == lasting.count, "a scan beside writes handed over \(there) of \(lasting.count) entries that were there throughout"
                        )
                        scans.add(1, ordering: .relaxed)
                    }
                }
            }
        }
        return "\(scans.load(ordering: .relaxed)) scans beside \(rounds.load(ordering: .relaxed)) commits"
    }

    private static func batches(_ context: CheckContext) throws {
        let store = try context.openStore()
        let namespace = context.namespace()
        let (a, b) = (Array("first".utf8), Array("second".utf8))
        try store.mustCommit(namespace, [.put(a, Noise.value(0, size: 40)), .put(b, Noise.value(0, size: 40))])
        // The last number whose commit has returned: whoever reads it may expect that number or a later one.
        let returned = Atomic<UInt64>(0)
        let writing = Atomic<Bool>(true)
        let end = ContinuousClock.now + .seconds(1)
        try Threads.run(threads / 2) { thread in
            if thread == 0 {
                defer { writing.store(false, ordering: .sequentiallyConsistent) }
                for number in UInt64(1)...2000 where ContinuousClock.now < end {
                    let value = Noise.value(number, size: 40)
                    try store.mustCommit(namespace, [.put(a, value), .put(b, value)])
                    returned.store(number, ordering: .sequentiallyConsistent)
                }
            } else {
                while writing.load(ordering: .sequentiallyConsistent) {
                    let least = returned.load(ordering: .sequentiallyConsistent)
                    for key in [b, a] {
                        let number = Noise.number(of: try store.mustGet(namespace, key).value) ?? 0
                        try expect(number >= least, "commit number \(least) had returned, and a get that began afterwards saw number \(number)")
                    }
                }
            }
        }
    }
}
