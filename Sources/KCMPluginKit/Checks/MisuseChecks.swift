internal import CKCMPlugin

/// What this host never does and another might: answered somehow, with the store intact, and not with a crash.
enum MisuseChecks {
    static let all: [Check] = [
        Check("store.misuse.counts", "zero batches, a batch of zero writes, a scan with limit 0 are answered", counts),
        Check("store.misuse.null", "NULL data with size 0 is answered wherever bytes go", null),
        Check("store.misuse.sizes", "namespaces, keys, prefixes and cursors of sizes that the host does not use are answered", sizes),
        Check("store.misuse.duplicates", "the same key twice in one batch is answered, and leaves other keys alone", duplicates),
    ]

    /// - Throws: ``CheckFailure`` where the store does not serve as before.
    private static func intact(_ store: RawStore, _ namespace: [UInt8], _ after: String) throws {
        try store.mustHold(namespace, [1], [1], after)
        try store.mustPut(namespace, [2], [2])
        try expect(try store.mustScan(namespace, limit: 2).map(\.key) == [[1], [2]], "scan \(after): expected the two keys that are there")
    }

    private static func known(_ code: Int32, _ what: String) throws {
        try expect(ResultCode.isKnown(code), "\(what): got \(ResultCode.text(code))")
    }

    private static func counts(_ context: CheckContext) throws {
        let store = try context.openStore()
        let namespace = context.namespace()
        try store.mustPut(namespace, [1], [1])
        try known(store.commit([]).code, "a group of zero batches")
        try intact(store, namespace, "after a group of zero batches")
        let none = store.commit([Batch(namespace: namespace, writes: [])])
        try known(none.code, "a batch of zero writes")
        if none.code == KCM_OK { try known(none.single, "the result of a batch of zero writes") }
        try intact(store, namespace, "after a batch of zero writes")
        let scan = store.scan(namespace, limit: 0)
        try known(scan.code, "a scan with limit 0")
        try expect(scan.entries.isEmpty, "a scan with limit 0 handed over \(scan.entries.count) entries")
        try intact(store, namespace, "after a scan with limit 0")
        try expect(try store.mustScan(namespace, limit: .max).count == 2, "a scan with the largest limit does not hand over everything")
    }

    private static func null(_ context: CheckContext) throws {
        let store = try context.openStore()
        let namespace = context.namespace()
        try store.mustPut(namespace, [1], [1])
        try known(store.get(namespace, []).code, "get of the empty key")
        try known(store.scan(namespace, prefix: [], after: [], limit: 5).code, "scan behind the empty key")
        try known(store.commit(namespace, .remove([])).code, "remove of the empty key")
        try known(store.get([], [1]).code, "get in a namespace without a name")
        try known(store.scan([], prefix: []).code, "scan of a namespace without a name")
        try intact(store, namespace, "after calls with NULL data")
    }

    private static func sizes(_ context: CheckContext) throws {
        let store = try context.openStore()
        let namespace = context.namespace()
        try store.mustPut(namespace, [1], [1])
        let long = Noise.bytes(Int(min(store.limits.maximum_key, 1 << 20)) + 100, seed: 9)
        try known(store.get(namespace, long).code, "get of a key over the limit")
        try known(store.scan(namespace, prefix: long).code, "scan with a prefix over the limit")
        try known(store.scan(namespace, after: long).code, "scan behind a key over the limit")
        for size in [129, 255, 256, 300, 70_000] {
            let name = Array(repeating: UInt8(0x6E), count: size)
            try known(store.get(name, [1]).code, "get in a namespace of \(size) bytes")
            try known(store.scan(name).code, "scan of a namespace of \(size) bytes")
        }
        try intact(store, namespace, "after calls with sizes over the limits")
    }

    private static func duplicates(_ context: CheckContext) throws {
        let store = try context.openStore()
        let namespace = context.namespace()
        try store.mustPut(namespace, [1], [1])
        for second in [Write.put([3], [4]), .remove([3]), .create([3], [5])] {
            let answer = store.commit(namespace, .put([3], [3]), second)
            try known(answer.single, "a batch with the same key twice")
            try known(store.get(namespace, [3]).code, "get after a batch with the same key twice")
            // The contract does not say what the key holds now, nor how often it is there.
            for _ in 0..<2 { try known(store.commit(namespace, .remove([3])).single, "remove after a batch with the same key twice") }
        }
        try intact(store, namespace, "after batches with the same key twice")
    }
}
