internal import CKCMPlugin

/// The declared limits hold, and end where they say.
enum LimitChecks {
    static let all: [Check] = [
        Check("store.limits.key", "keys of exactly maximum_key bytes work", key),
        Check("store.limits.value", "a value of exactly maximum_value bytes works", value),
        Check("store.limits.key-over", "a longer key is KCM_TOO_LARGE or KCM_INVALID, and its batch changes nothing", keyOver),
        Check("store.limits.value-over", "a longer value is KCM_TOO_LARGE or KCM_INVALID, and its batch changes nothing", valueOver),
    ]

    /// More would only test the machine's memory.
    private static let most: UInt64 = 64 << 20

    private static func key(_ context: CheckContext) throws {
        let store = try context.openStore()
        guard store.limits.maximum_key <= most else { throw CheckSkipped("maximum_key is \(store.limits.maximum_key) bytes, too many to try") }
        let namespace = context.namespace()
        // Two that differ in the last byte only, and one shorter by it.
        let long = Noise.bytes(Int(store.limits.maximum_key) - 1, seed: 3)
        try store.mustCommit(namespace, [.create(long + [0], [1]), .create(long + [1], [2]), .create(long, [3])])
        try store.mustHold(namespace, long + [0], [1], "of a key of maximum_key bytes")
        try store.mustHold(namespace, long + [1], [2], "of a key of maximum_key bytes")
        let keys = try store.mustScan(namespace, prefix: long).map(\.key)
        try expect(keys == [long, long + [0], long + [1]], "scan: expected the three keys in order")
        try expect(
            try store.mustScan(namespace, after: long + [0]).map(\.key) == [long + [1]],
            "scan behind a key of maximum_key bytes: expected the last key")
        try expect(try store.mustScan(namespace, prefix: long + [1]).count == 1, "scan with a prefix of maximum_key bytes: expected that key")
    }

    private static func value(_ context: CheckContext) throws {
        let store = try context.openStore()
        guard store.limits.maximum_value <= most else { throw CheckSkipped("maximum_value is \(store.limits.maximum_value) bytes, too many to try") }
        let namespace = context.namespace()
        let value = Noise.bytes(Int(store.limits.maximum_value), seed: 4)
        try store.mustPut(namespace, [1], value)
        try store.mustHold(namespace, [1], value, "of a value of maximum_value bytes")
        try store.mustCommit(namespace, [.remove([1])])
    }

    private static func keyOver(_ context: CheckContext) throws {
        let store = try context.openStore()
        guard store.limits.maximum_key < most else { throw CheckSkipped("maximum_key is \(store.limits.maximum_key) bytes, too many to try") }
        try over(context, store, .put(Noise.bytes(Int(store.limits.maximum_key) + 1, seed: 3), [1]), "a key of maximum_key + 1 bytes")
    }

    private static func valueOver(_ context: CheckContext) throws {
        let store = try context.openStore()
        guard store.limits.maximum_value < most else { throw CheckSkipped("maximum_value is \(store.limits.maximum_value) bytes, too many to try") }
        try over(context, store, .put([1], Noise.bytes(Int(store.limits.maximum_value) + 1, seed: 4)), "a value of maximum_value + 1 bytes")
    }

    private static func over(_ context: CheckContext, _ store: RawStore, _ write: Write, _ what: String) throws {
        let namespace = context.namespace()
        try store.mustPut(namespace, [0], [0])
        let before = try store.mustScan(namespace)
        try refused(store.commit(namespace, .put([0], [9]), write), what)
        try expect(try store.mustScan(namespace) == before, "\(what) was refused, and its batch changed something")
        try store.mustPut(namespace, [2], [2])
    }

    static func refused(_ answer: CommitAnswer, _ what: String) throws {
        try expect(
            answer.single == KCM_TOO_LARGE || answer.single == KCM_INVALID, "\(what): expected KCM_TOO_LARGE or KCM_INVALID, got \(answer.answer)")
    }
}
