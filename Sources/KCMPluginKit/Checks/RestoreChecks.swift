internal import CKCMPlugin

/// `KCM_RESTORE`: how records move from one store to another.
enum RestoreChecks {
    static let all: [Check] = [
        Check("store.restore", "KCM_RESTORE creates an absent key with the revision given; puts go on from there", restore),
        Check("store.restore.conflict", "KCM_RESTORE of a key that is there is KCM_CONFLICT and changes nothing", conflict),
        Check("store.restore.invalid", "KCM_RESTORE with another expectation or a revision of 0 or above 2^63-1 is KCM_INVALID", invalid),
    ]

    private static func restore(_ context: CheckContext) throws {
        let store = try context.openStore()
        let namespace = context.namespace()
        for (index, revision) in [1, 2, 1000, 1 << 40, UInt64(Int64.max)].enumerated() {
            let key = Array("key-\(index)".utf8)
            try ExpectationChecks.result(
                store.commit(namespace, .restore(key, [1], revision: revision)), KCM_OK, "a restore with revision \(revision)")
            try store.mustHold(namespace, key, [1], revision: revision, "after a restore")
            let scanned = try store.mustScan(namespace).first { $0.key == key }
            try expect(scanned?.revision == revision, "scan after a restore: expected revision \(revision), got \(scanned?.revision ?? 0)")
            guard revision < Int64.max else { continue }
            try ExpectationChecks.result(
                store.commit(namespace, .replace(key, [2], revision: revision)), KCM_OK, "a put that expects the restored revision")
            try store.mustHold(namespace, key, [2], revision: revision + 1, "after a put of a restored key")
        }
    }

    private static func conflict(_ context: CheckContext) throws {
        let store = try context.openStore()
        let namespace = context.namespace()
        try store.mustPut(namespace, [1], [1])
        let before = try store.mustScan(namespace)
        let answer = store.commit(namespace, .put([2], [2]), .restore([1], [9], revision: 9))
        try ExpectationChecks.result(answer, KCM_CONFLICT, "a restore of a key that is there")
        try expect(try store.mustScan(namespace) == before, "a restore of a key that is there failed and changed something")
    }

    private static func invalid(_ context: CheckContext) throws {
        let store = try context.openStore()
        let namespace = context.namespace()
        for revision in [0, UInt64(Int64.max) + 1, .max] {
            let answer = store.commit(namespace, .restore([1], [1], revision: revision))
            try ExpectationChecks.result(answer, KCM_INVALID, "a restore with revision \(revision)")
        }
        for expectation in [KCM_EXPECT_ANY, KCM_EXPECT_REVISION] {
            var write = Write.restore([1], [1], revision: 5)
            write.expectation = UInt32(expectation)
            let answer = store.commit(namespace, write)
            try ExpectationChecks.result(answer, KCM_INVALID, "a restore with expectation \(expectation)")
        }
        try store.mustLack(namespace, [1], "after restores that were refused")
    }
}
