internal import CKCMPlugin

/// Keys and values are bytes, not texts.
enum BytesChecks {
    static let all: [Check] = [
        Check("store.bytes.keys", "keys hold any bytes: each of the 256, zeros at the end, one a prefix of another", keys),
        Check("store.bytes.values", "values hold any bytes", values),
        Check("store.bytes.empty-key", "the empty key is a key like any other", emptyKey),
        Check("store.bytes.empty-value", "the empty value is a value, given with NULL and without", emptyValue),
    ]

    private static func keys(_ context: CheckContext) throws {
        let store = try context.openStore()
        let namespace = context.namespace()
        var keys = (0...255).map { [UInt8($0)] } + (0...255).map { [0x61, UInt8($0), 0x62] }
        keys += [
            [0, 0], [0, 0, 0], [0x61, 0], [0x61, 0, 0], [0xFF, 0xFF], [0xFF, 0xFF, 0xFF], Array("%_*?'\"\\/..\n".utf8), [0xC0, 0xAF],
            Array(UInt8.min...UInt8.max),
        ]
        for start in stride(from: 0, to: keys.count, by: 64) {
            let part = keys[start..<min(start + 64, keys.count)]
            try store.mustCommit(namespace, zip(part, start...).map { .create($0, Array("value-\($1)".utf8)) })
        }
        for (index, key) in keys.enumerated() { try store.mustHold(namespace, key, Array("value-\(index)".utf8), "of the key \(hex(key))") }
        let scanned = try store.mustScan(namespace).map(\.key)
        try expect(Set(scanned) == Set(keys) && scanned.count == keys.count, "a scan does not hand over exactly the keys that were written")
    }

    private static func values(_ context: CheckContext) throws {
        let store = try context.openStore()
        let namespace = context.namespace()
        let values: [[UInt8]] = [
            [0], [0, 0, 0], Array(UInt8.min...UInt8.max), Array(repeating: 0xFF, count: 4096), Array(repeating: 0, count: 4096),
            Noise.bytes(4095, seed: 7),
        ]
        for (index, value) in values.enumerated() {
            try store.mustPut(namespace, Array("key-\(index)".utf8), value)
            try store.mustHold(namespace, Array("key-\(index)".utf8), value, "of a value of \(value.count) bytes")
        }
        let scanned = try store.mustScan(namespace).map(\.value)
        try expect(scanned == values, "a scan does not hand over the values that were written")
    }

    private static func emptyKey(_ context: CheckContext) throws {
        let store = try context.openStore()
        let namespace = context.namespace()
        try store.mustLack(namespace, [], "of the empty key before it is written")
        try store.mustCommit(namespace, [.put([0], [0]), .create([], Array("empty".utf8))])
        try store.mustHold(namespace, [], Array("empty".utf8), "of the empty key")
        try expect(try store.mustScan(namespace).map(\.key) == [[], [0]], "scan: expected the empty key first")
        try expect(try store.mustScan(namespace, after: []).map(\.key) == [[0]], "scan behind the empty key: expected the other key alone")
        try store.mustCommit(namespace, [.remove([])])
        try store.mustLack(namespace, [], "of the empty key after remove")
        try store.mustHold(namespace, [0], [0], "beside the removed empty key")
    }

    private static func emptyValue(_ context: CheckContext) throws {
        let store = try context.openStore()
        let namespace = context.namespace()
        try store.mustPut(namespace, [1], [])
        try store.mustHold(namespace, [1], [], "of an empty value whose data was NULL")
        let block = HostBytes()
        let error = ErrorField()
        var nothing = block.copy([0xEE])
        nothing.size = 0
        let write = kcm_write(operation: UInt32(KCM_PUT), expectation: UInt32(KCM_EXPECT_ANY), revision: 0, key: block.copy([2]), value: nothing)
        let batches = block.array([
            kcm_batch(name_space: block.copy(namespace), writes: block.array([write]), write_count: 1, result: CommitAnswer.unwritten)
        ])
        let code = store.functions.commit?(store.instance, batches, 1, error.pointer) ?? KCM_FAILED
        try expect(
            code == KCM_OK && batches?[0].result == KCM_OK, "put of an empty value whose data is not NULL: got \(ResultCode.text(code, error.text))")
        try store.mustHold(namespace, [2], [], "of an empty value whose data was not NULL")
        try expect(try store.mustScan(namespace).map(\.value) == [[], []], "scan: expected two empty values")
        try store.mustPut(namespace, [1], [5])
        try store.mustHold(namespace, [1], [5], "of a value that was empty before")
    }

    static func hex(_ bytes: [UInt8]) -> String {
        bytes.prefix(8).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined() + (bytes.count > 8 ? "…" : "")
    }
}
