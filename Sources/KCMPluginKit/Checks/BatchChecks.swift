internal import CKCMPlugin

/// The writes of a batch happen together or not at all.
enum BatchChecks {
    static let all: [Check] = [
        Check("store.commit.atomic", "a batch with a conflict at its beginning, middle or end changes nothing", atomic),
        Check("store.commit.mixed", "puts and removes of one batch happen together", mixed),
        Check("store.commit.maximum", "a batch of maximum_batch writes succeeds whole", maximum),
        Check("store.commit.over", "a batch of more writes than maximum_batch is KCM_TOO_LARGE or KCM_INVALID and changes nothing", over),
    ]

    private static func atomic(_ context: CheckContext) throws {
        let store = try context.openStore()
        let namespace = context.namespace()
        let keys = (UInt8(0)..<5).map { Array("there-\($0)".utf8) }
        try store.mustCommit(namespace, keys.map { .put($0, [1]) })
        let before = try store.mustScan(namespace)
        let good: [Write] = [.put(keys[0], [2]), .remove(keys[1]), .create(Array("new".utf8), [2]), .put(Array("any".utf8), [2])]
        for (bad, what) in [
            (Write.create(keys[4], [3]), "a put of a key that is expected to be absent"),
            (Write.replace(keys[4], [3], revision: 1_000_000), "a put that expects another revision"),
            (Write.remove(keys[4], revision: 1_000_000), "a remove that expects another revision"),
        ] {
            for place in [0, 2, 4] {
                var writes = good
                writes.insert(bad, at: place)
                let answer = store.commit([Batch(namespace: namespace, writes: writes)])
                try ExpectationChecks.result(answer, KCM_CONFLICT, "a batch whose write \(place + 1) of 5 is \(what)")
                try expect(try store.mustScan(namespace) == before, "a batch whose write \(place + 1) of 5 is \(what) failed and changed something")
            }
        }
    }

    private static func mixed(_ context: CheckContext) throws {
        let store = try context.openStore()
        let namespace = context.namespace()
        let (a, b, c) = (Array("a".utf8), Array("b".utf8), Array("c".utf8))
        try store.mustCommit(namespace, [.put(a, [1]), .put(b, [1])])
        let revision = try store.mustGet(namespace, a).revision
        try store.mustCommit(namespace, [.replace(a, [2], revision: revision), .remove(b), .create(c, [2])])
        let entries = try store.mustScan(namespace)
        try expect(entries.map(\.key) == [a, c] && entries.allSatisfy { $0.value == [2] }, "expected the keys a and c with their new values")
    }

    /// More would say nothing new and take long.
    private static let most: UInt32 = 100_000

    private static func maximum(_ context: CheckContext) throws {
        let store = try context.openStore()
        let (namespace, count) = (context.namespace(), store.limits.maximum_batch)
        guard count <= most else { throw CheckSkipped("maximum_batch is \(count), too many to try") }
        try store.mustCommit(namespace, (0..<count).map { .create(key($0), Noise.value(UInt64($0), size: 40)) })
        let entries = try store.mustScan(namespace)
        try expect(entries.count == Int(count), "expected \(count) entries, found \(entries.count)")
        try expect(entries.enumerated().allSatisfy { Noise.number(of: $1.value) == UInt64($0) }, "an entry does not hold what was written")
        try store.mustCommit(namespace, (0..<count).map { .remove(key($0)) })
        try expect(try store.mustScan(namespace).isEmpty, "entries are left after a batch that removed all")
    }

    private static func over(_ context: CheckContext) throws {
        let store = try context.openStore()
        let (namespace, limit) = (context.namespace(), store.limits.maximum_batch)
        guard limit < most else { throw CheckSkipped("maximum_batch is \(limit), too many to try") }
        let answer = store.commit([Batch(namespace: namespace, writes: (0...limit).map { .put(key($0), [1]) })])
        try LimitChecks.refused(answer, "a batch of \(limit + 1) writes")
        try expect(try store.mustScan(namespace).isEmpty, "a batch of \(limit + 1) writes was refused and changed something")
    }

    private static func key(_ number: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) } }
}
