internal import CKCMPlugin

/// The batches of a group succeed or fail by themselves, in their order.
enum GroupChecks {
    static let all: [Check] = [
        Check("store.group.independent", "a failing batch between good ones fails alone, and every batch has its result", independent),
        Check("store.group.order", "a later batch of a group sees what an earlier one did, and not what a failed one tried", order),
        Check("store.group.large", "a group of 256 batches succeeds, over several namespaces", large),
    ]

    private static func independent(_ context: CheckContext) throws {
        let store = try context.openStore()
        let namespace = context.namespace()
        try store.mustPut(namespace, Array("there".utf8), [1])
        let writes: [[Write]] = (0..<7).map { index in
            let put = Write.put(Array("batch-\(index)".utf8), [UInt8(index)])
            return index % 3 == 1 ? [put, .create(Array("there".utf8), [9])] : [put]
        }
        let answer = store.commit(writes.map { Batch(namespace: namespace, writes: $0) })
        let expected = (0..<7).map { $0 % 3 == 1 ? KCM_CONFLICT : KCM_OK }
        try expect(answer.code == KCM_OK, "a group with conflicts: expected KCM_OK for the call, got \(answer.answer)")
        try expect(
            answer.results == expected, "expected the results [\(expected.map { ResultCode.text($0) }.joined(separator: ", "))], got \(answer.answer)"
        )
        for index in 0..<7 {
            let key = Array("batch-\(index)".utf8)
            if index % 3 == 1 {
                try store.mustLack(namespace, key, "of a batch that failed")
            } else {
                try store.mustHold(namespace, key, [UInt8(index)], "of a good batch in the group")
            }
        }
        try store.mustHold(namespace, Array("there".utf8), [1], "after batches that expected it to be absent")
    }

    private static func order(_ context: CheckContext) throws {
        let store = try context.openStore()
        let namespace = context.namespace()
        let (a, b) = (Array("a".utf8), Array("b".utf8))
        try store.mustPut(namespace, a, [0])
        let revision = try store.mustGet(namespace, a).revision
        let answer = store.commit(
            [
                [.replace(a, [1], revision: revision)],  // good
                [.replace(a, [2], revision: revision)],  // sees the first: conflict
                [.create(b, [1])],  // good
                [.create(b, [2])],  // sees the third: conflict
                [.remove(b)],  // good
                [.create(b, [3])],  // sees the fifth: good
                [.put(a, [7]), .create(b, [7])],  // conflict, whose put of a nobody sees
                [.replace(a, [8], revision: revision + 1)],  // good
            ].map { Batch(namespace: namespace, writes: $0) }
        )
        let expected = [KCM_OK, KCM_CONFLICT, KCM_OK, KCM_CONFLICT, KCM_OK, KCM_OK, KCM_CONFLICT, KCM_OK]
        try expect(
            answer.code == KCM_OK && answer.results == expected,
            "expected KCM_OK with [\(expected.map { ResultCode.text($0) }.joined(separator: ", "))], got \(answer.answer)"
        )
        try store.mustHold(namespace, a, [8], "after the group")
        try store.mustHold(namespace, b, [3], "after the group")
    }

    private static func large(_ context: CheckContext) throws {
        let store = try context.openStore()
        let names = (0..<4).map { context.namespace("g\($0)") }
        let answer = store.commit(
            (0..<256).map { index in
                Batch(
                    namespace: names[index % 4],
                    writes: [.create(Array("key-\(index)".utf8), Noise.value(UInt64(index), size: 200)), .put([0], [UInt8(index)])])
            }
        )
        try expect(answer.isOK, "a group of 256 batches: expected KCM_OK for each, got \(ResultCode.text(answer.code, answer.text))")
        for (index, name) in names.enumerated() {
            let entries = try store.mustScan(name)
            try expect(entries.count == 65, "a namespace with 65 of the group's keys has \(entries.count)")
            try store.mustHold(name, [0], [UInt8(252 + index)], "of a key that 64 batches wrote")
        }
    }
}
