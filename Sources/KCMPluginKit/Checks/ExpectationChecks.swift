internal import CKCMPlugin

/// What a write expects of its key.
enum ExpectationChecks {
    static let all: [Check] = [
        Check("store.expect.absent", "KCM_EXPECT_ABSENT: KCM_OK for an absent key, KCM_CONFLICT for one that is there", absent),
        Check(
            "store.expect.revision", "KCM_EXPECT_REVISION: KCM_OK for the key's revision, KCM_CONFLICT for any other and for an absent key", revision),
        Check("store.expect.unknown", "an unknown expectation fails its batch with KCM_INVALID and changes nothing") {
            try unknown($0, Write(expectation: 99, key: [1], value: [9]), "expectation 99")
            try unknown($0, Write(operation: UInt32(KCM_REMOVE), expectation: 99, key: [1]), "expectation 99 of a remove")
        },
        Check("store.operation.unknown", "an unknown operation fails its batch with KCM_INVALID and changes nothing") {
            try unknown($0, Write(operation: 99, key: [1], value: [9]), "operation 99")
            try unknown($0, Write(operation: 0, key: [1], value: [9]), "operation 0")
        },
    ]

    private static func absent(_ context: CheckContext) throws {
        let store = try context.openStore()
        let namespace = context.namespace()
        let key = Array("key".utf8)
        try result(store.commit(namespace, .removeAbsent(key)), KCM_OK, "remove of an absent key that is expected to be absent")
        try result(store.commit(namespace, .create(key, [1])), KCM_OK, "put of an absent key that is expected to be absent")
        try result(store.commit(namespace, .create(key, [2])), KCM_CONFLICT, "put of a key that is there and expected to be absent")
        try store.mustHold(namespace, key, [1], "after a conflict")
        try result(store.commit(namespace, .removeAbsent(key)), KCM_CONFLICT, "remove of a key that is there and expected to be absent")
        try store.mustHold(namespace, key, [1], "after a conflict")
    }

    private static func revision(_ context: CheckContext) throws {
        let store = try context.openStore()
        let namespace = context.namespace()
        let key = Array("key".utf8)
        try result(store.commit(namespace, .replace(key, [1], revision: 1)), KCM_CONFLICT, "put of an absent key that is expected to have revision 1")
        try result(store.commit(namespace, .remove(key, revision: 1)), KCM_CONFLICT, "remove of an absent key that is expected to have revision 1")
        try store.mustLack(namespace, key, "after a conflict")
        for _ in 0..<3 { try store.mustPut(namespace, key, [1]) }
        let now = try store.mustGet(namespace, key).revision
        for wrong in [0, now - 1, now + 1, .max] {
            try result(
                store.commit(namespace, .replace(key, [2], revision: wrong)), KCM_CONFLICT, "put that expects revision \(wrong) of a key at \(now)")
            try result(
                store.commit(namespace, .remove(key, revision: wrong)), KCM_CONFLICT, "remove that expects revision \(wrong) of a key at \(now)")
        }
        try store.mustHold(namespace, key, [1], revision: now, "after conflicts")
        try result(store.commit(namespace, .replace(key, [3], revision: now)), KCM_OK, "put that expects the key's revision")
        try store.mustHold(namespace, key, [3], "after a put that expected the key's revision")
        let next = try store.mustGet(namespace, key).revision
        try result(store.commit(namespace, .remove(key, revision: now)), KCM_CONFLICT, "remove that expects the revision before the last put")
        try result(store.commit(namespace, .remove(key, revision: next)), KCM_OK, "remove that expects the key's revision")
        try store.mustLack(namespace, key, "after remove")
    }

    private static func unknown(_ context: CheckContext, _ write: Write, _ what: String) throws {
        let store = try context.openStore()
        let namespace = context.namespace()
        try store.mustPut(namespace, [1], [1])
        let before = try store.mustScan(namespace)
        let group = store.commit([
            Batch(namespace: namespace, writes: [.put([2], [2])]), Batch(namespace: namespace, writes: [.put([3], [3]), write]),
            Batch(namespace: namespace, writes: [.put([4], [4])]),
        ])
        try expect(group.code == KCM_OK, "\(what): expected the call to succeed and the batch to fail, got \(group.answer)")
        try expect(
            group.results == [KCM_OK, KCM_INVALID, KCM_OK], "\(what): expected KCM_OK with [KCM_OK, KCM_INVALID, KCM_OK], got \(group.answer)")
        let after = try store.mustScan(namespace)
        try expect(after.filter { $0.key == [1] || $0.key == [3] } == before, "\(what): the batch failed and changed something")
        try store.mustCommit(namespace, [.remove([1]), .remove([2]), .remove([4])])
    }

    static func result(_ answer: CommitAnswer, _ expected: Int32, _ what: String) throws {
        try expect(
            answer.code == KCM_OK && answer.results == [expected],
            "\(what): expected \(ResultCode.text(expected)) as the batch's result, got \(answer.answer)")
    }
}
