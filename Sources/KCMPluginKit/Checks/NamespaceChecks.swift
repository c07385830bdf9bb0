internal import CKCMPlugin

/// Namespaces are separate maps.
enum NamespaceChecks {
    static let all: [Check] = [
        Check("store.namespaces.isolation", "a namespace sees no entry of another, one whose name is a prefix of its own included", isolation),
        Check("store.namespaces.names", "names of 1 to 128 bytes of UTF-8 work, whatever characters they have", names),
        Check("store.namespaces.list", "namespaces hands over each one that has an entry, once, in ascending byte order", list),
        Check("store.namespaces.stop", "namespaces ends with KCM_OK when the sink asks for it", stop),
    ]

    private static func isolation(_ context: CheckContext) throws {
        let store = try context.openStore()
        let base = context.namespace("x")
        let names = [base, base + Array("a".utf8), base + Array("ab".utf8), base + Array("/a".utf8), base + [0xC3, 0xA9]]
        for name in names.dropFirst() { _ = context.namespace("x" + String(decoding: name[base.count...], as: UTF8.self)) }
        // Keys chosen so that name and key, written one behind the other, could be taken for another pair.
        let keys: [[UInt8]] = [Array("k".utf8), Array("ak".utf8), Array("abk".utf8), Array("bk".utf8), Array("/ak".utf8), [0], [0xFF]]
        for (index, name) in names.enumerated() { try store.mustCommit(name, keys.map { .put($0, [UInt8(index)] + $0) }) }
        for (index, name) in names.enumerated() {
            for key in keys { try store.mustHold(name, key, [UInt8(index)] + key, "beside namespaces with names that begin alike") }
            let entries = try store.mustScan(name)
            try expect(
                entries.count == keys.count && entries.allSatisfy { $0.value == [UInt8(index)] + $0.key },
                "a scan hands over another namespace's entries")
        }
        try store.mustCommit(names[1], keys.map { .remove($0) })
        for key in keys { try store.mustLack(names[1], key, "after its namespace was emptied") }
        for name in names where name != names[1] {
            try expect(try store.mustScan(name).count == keys.count, "emptying one namespace changed another")
        }
    }

    private static func names(_ context: CheckContext) throws {
        let store = try context.openStore()
        let base = context.namespace("n")
        var suffixes: [[UInt8]] = [".", "..", "/", "\\", " ", "%", "'", "\"", "A", "a", "é", "日本", "🔑", "\u{1}", "\n", "*", ":", "-", "_"].map {
            Array($0.utf8)
        }
        suffixes.append(Array(repeating: 0x7A, count: 128 - base.count))
        suffixes.append(Array(repeating: 0x7A, count: 127 - base.count))
        for suffix in suffixes { _ = context.namespace("n" + String(decoding: suffix, as: UTF8.self)) }
        for (index, suffix) in suffixes.enumerated() { try store.mustPut(base + suffix, [1], [UInt8(index)]) }
        for (index, suffix) in suffixes.enumerated() {
            try store.mustHold(base + suffix, [1], [UInt8(index)], "in a namespace whose name ends in '\(BytesChecks.hex(suffix))'")
            try expect(
                try store.mustScan(base + suffix).count == 1, "a namespace whose name ends in '\(BytesChecks.hex(suffix))' has more than its entry")
        }
        let ours = Set(suffixes.map { base + $0 })
        let listed = store.namespaces().keys
        let found = listed.filter { ours.contains($0) }
        try expect(Set(found) == ours && found.count == ours.count, "namespaces hands over \(found.count) of \(ours.count) names as they were given")
        try ascending(listed)
        // The shortest name there is; one medium for all may have it already.
        if !context.sharesMedium {
            try store.mustPut([0x61], [1], [7])
            try store.mustHold([0x61], [1], [7], "in a namespace whose name is one byte")
        }
    }

    private static func list(_ context: CheckContext) throws {
        let store = try context.openStore()
        let names = ["b", "a", "ab", "aa-longer", "B", "c"].map { context.namespace($0) }
        func listed() throws -> [[UInt8]] {
            let answer = store.namespaces()
            try expect(answer.code == KCM_OK, "namespaces: expected KCM_OK, got \(answer.answer)")
            try ascending(answer.keys)
            return answer.keys.filter { names.contains($0) }
        }
        try expect(try listed().isEmpty, "a namespace is listed before it has an entry")
        for name in names { for key in UInt8(0)..<3 { try store.mustPut(name, [key], [1]) } }
        let sorted = names.sorted { $0.lexicographicallyPrecedes($1) }
        try expect(try listed() == sorted, "expected the \(names.count) namespaces that have entries, each once")
        try store.mustCommit(names[0], [.remove([0]), .remove([1]), .remove([2])])
        try expect(try listed() == sorted.filter { $0 != names[0] }, "a namespace whose entries were removed is still listed, or another one is not")
        _ = store.commit(names[0], .replace([1], [1], revision: 5))
        try expect(try listed() == sorted.filter { $0 != names[0] }, "a batch that failed made its namespace appear")
    }

    private static func stop(_ context: CheckContext) throws {
        let store = try context.openStore()
        for word in ["a", "b", "c"] { try store.mustPut(context.namespace(word), [1], [1]) }
        let answer = store.namespaces(stopAfter: 1)
        try expect(answer.code == KCM_OK, "expected KCM_OK, got \(answer.answer)")
        try expect(answer.keys.count == 1 && answer.sinkFault == nil, "the sink asked to end at the first name and was called again")
        try expect(store.namespaces().keys.count >= 3, "namespaces after one that was ended does not hand over everything")
    }

    private static func ascending(_ names: [[UInt8]]) throws {
        for (one, next) in zip(names, names.dropFirst()) {
            try expect(one.lexicographicallyPrecedes(next), "namespaces are not in ascending byte order, or one came twice")
        }
    }
}
