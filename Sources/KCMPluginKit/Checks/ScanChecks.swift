internal import CKCMPlugin

/// Scans go in ascending byte order, from a cursor, up to a limit.
enum ScanChecks {
    static let all: [Check] = [
        Check("store.scan.order", "a scan hands over every entry in ascending byte order, bytes unsigned, a prefix first", order),
        Check("store.scan.prefix", "a scan hands over the keys that start with its prefix, and no others", prefix),
        Check("store.scan.after", "a scan begins behind `after`, whether that key is there or not", after),
        Check("store.scan.limit", "a scan calls the sink at most limit times", limit),
        Check("store.scan.stop", "a scan ends with KCM_OK when the sink asks for it", stop),
        Check("store.scan.pages", "pages of any size, each behind the last key of the one before, hand over every entry once", pages),
        Check("store.scan.nothing", "a scan without entries is KCM_OK, and the sink is not called", nothing),
    ]

    /// Keys of many shapes in their order; the empty one has a check of its own.
    private static let keys: [[UInt8]] = [
        [0], [0, 0], [0, 1], [1], [0x61], [0x61, 0], [0x61, 0, 0xFF], [0x61, 0x61], [0x61, 0x62], [0x61, 0x62, 0x63], [0x61, 0x7F], [0x61, 0x80],
        [0x61, 0xFF],
        [0x61, 0xFF, 0], [0x61, 0xFF, 0xFF], [0x62], [0x7F, 0xFF], [0x80], [0x80, 0], [0xFE], [0xFF], [0xFF, 0], [0xFF, 0xFF], [0xFF, 0xFF, 0xFF],
    ]

    /// A store with ``keys``, written in another order, between two namespaces with keys of their own.
    private static func filled(_ context: CheckContext) throws -> (RawStore, [UInt8]) {
        let store = try context.openStore()
        let namespace = context.namespace("m")
        for neighbour in ["l", "n"] { try store.mustCommit(context.namespace(neighbour), keys.map { .put($0, [0xEE]) }) }
        let shuffled = (0..<keys.count).map { keys[($0 * 7 + 3) % keys.count] }
        try store.mustCommit(namespace, shuffled.map { .put($0, Array("of ".utf8) + $0) })
        return (store, namespace)
    }

    private static func order(_ context: CheckContext) throws {
        let (store, namespace) = try filled(context)
        let entries = try store.mustScan(namespace)
        try expect(entries.count == keys.count, "expected \(keys.count) entries, got \(entries.count)")
        for (found, key) in zip(entries, keys) {
            try expect(found.key == key, "expected the key \(BytesChecks.hex(key)) next, got \(BytesChecks.hex(found.key))")
            try expect(found.value == Array("of ".utf8) + key, "the key \(BytesChecks.hex(key)) came with another key's value")
        }
    }

    private static func prefix(_ context: CheckContext) throws {
        let (store, namespace) = try filled(context)
        for prefix: [UInt8] in [
            [], [0], [0x61], [0x61, 0xFF], [0x61, 0x62, 0x63], [0x61, 0x62, 0x63, 0x64], [0x7F], [0xFF], [0xFF, 0xFF], [0xFF, 0xFF, 0xFF, 0xFF],
            [0x40],
        ] {
            let found = try store.mustScan(namespace, prefix: prefix).map(\.key)
            let expected = keys.filter { $0.starts(with: prefix) }
            try expect(found == expected, "prefix '\(BytesChecks.hex(prefix))': expected \(list(expected)), got \(list(found))")
        }
    }

    private static func after(_ context: CheckContext) throws {
        let (store, namespace) = try filled(context)
        let cursors: [[UInt8]] = keys + [[0x30], [0x61, 0x62, 0], [0x61, 0xFE], [0x62, 0], [0xFF, 0xFF, 0xFF, 0xFF]]
        for prefix: [UInt8] in [[], [0x61], [0xFF]] {
            for cursor in cursors {
                let found = try store.mustScan(namespace, prefix: prefix, after: cursor).map(\.key)
                let expected = keys.filter { $0.starts(with: prefix) && cursor.lexicographicallyPrecedes($0) }
                try expect(
                    found == expected,
                    "behind '\(BytesChecks.hex(cursor))' with prefix '\(BytesChecks.hex(prefix))': expected \(list(expected)), got \(list(found))"
                )
            }
        }
    }

    private static func limit(_ context: CheckContext) throws {
        let (store, namespace) = try filled(context)
        for limit in [1, 2, keys.count - 1, keys.count, keys.count + 1, 1_000_000] {
            let found = try store.mustScan(namespace, limit: UInt32(limit)).map(\.key)
            let expected = Array(keys.prefix(limit))
            try expect(found.count == expected.count, "limit \(limit): expected \(expected.count) entries, got \(found.count)")
            try expect(found == expected, "limit \(limit): the entries are not the first ones in byte order")
        }
    }

    private static func stop(_ context: CheckContext) throws {
        let (store, namespace) = try filled(context)
        for count in [1, 5, keys.count] {
            let answer = store.scan(namespace, stopAfter: count)
            try expect(answer.code == KCM_OK, "the sink asks to end at entry \(count): expected KCM_OK, got \(answer.answer)")
            try expect(answer.keys.count == count, "the sink asked to end at entry \(count) and was called \(answer.keys.count) times")
        }
        try expect(try store.mustScan(namespace).count == keys.count, "a scan after one that was ended does not hand over everything")
        try store.mustPut(namespace, [1], [2])
    }

    private static func pages(_ context: CheckContext) throws {
        let store = try context.openStore()
        let namespace = context.namespace()
        let count = 1000
        for start in stride(from: 0, to: count, by: 50) {
            try store.mustCommit(namespace, (start..<start + 50).map { .put(Noise.bytes(12, seed: UInt64($0)), Noise.value(UInt64($0), size: 64)) })
        }
        let all = try store.mustScan(namespace)
        try expect(all.count == count, "expected \(count) entries in one scan, got \(all.count)")
        for size: UInt32 in [7, 64, 999] {
            var found: [ScanAnswer.Entry] = []
            while case let page = try store.mustScan(namespace, after: found.last?.key, limit: size), !page.isEmpty {
                found += page
                try expect(found.count <= count, "pages of \(size): more entries came than there are")
            }
            try expect(found == all, "pages of \(size): the entries are not those of one scan (\(found.count) of \(count))")
        }
    }

    private static func nothing(_ context: CheckContext) throws {
        let (store, namespace) = try filled(context)
        let other = context.namespace("m2")
        for (name, prefix) in [(other, [UInt8]()), (other, [0x61]), (namespace, [0x55])] {
            let answer = store.scan(name, prefix: prefix)
            try expect(
                answer.code == KCM_OK && answer.entries.isEmpty, "expected KCM_OK and no entry, got \(answer.answer) and \(answer.entries.count)")
        }
    }

    private static func list(_ keys: [[UInt8]]) -> String { keys.isEmpty ? "nothing" : keys.map { BytesChecks.hex($0) }.joined(separator: " ") }
}
