internal import CKCMPlugin

/// Statistics, health, and the check that a store makes of itself.
enum AccountChecks {
    static let all: [Check] = [
        Check(remarking: statistics, "store.statistics", "statistics count entries and namespaces as they come and go"),
        Check("store.health", "health is KCM_OK where the store serves", health),
        Check(remarking: verify, "store.verify", "kcm.store.verify/1, where there, finds a sound store sound"),
    ]

    private static func statistics(_ context: CheckContext) throws -> String? {
        let store = try context.openStore()
        func read() throws -> kcm_store_statistics {
            let (code, text, statistics) = store.statistics()
            try expect(code == KCM_OK, "expected KCM_OK, got \(ResultCode.text(code, text))")
            return statistics
        }
        let before = try read()
        for word in ["a", "b"] {
            try store.mustCommit(context.namespace(word), (UInt8(0)..<50).map { .put([$0], Noise.bytes(1000, seed: UInt64($0))) })
        }
        let full = try read()
        try expect(full.entries == before.entries + 100, "100 entries more: expected \(before.entries + 100) entries, got \(full.entries)")
        try expect(
            full.namespaces == before.namespaces + 2, "2 namespaces more: expected \(before.namespaces + 2) namespaces, got \(full.namespaces)")
        try store.mustCommit(context.namespace("a"), (UInt8(0)..<50).map { .put([$0], [1]) })
        try expect(try read().entries == full.entries, "puts of keys that are there changed the number of entries")
        for word in ["a", "b"] { try store.mustCommit(context.namespace(word), (UInt8(0)..<50).map { .remove([$0]) }) }
        let after = try read()
        try expect(after.entries == before.entries, "all removed: expected \(before.entries) entries, got \(after.entries)")
        try expect(after.namespaces == before.namespaces, "all removed: expected \(before.namespaces) namespaces, got \(after.namespaces)")
        return full.bytes == 0 ? "bytes on the medium are not told" : nil
    }

    private static func health(_ context: CheckContext) throws {
        let store = try context.openStore()
        for when in ["after open", "after a commit"] {
            let (code, text) = store.health()
            try expect(code == KCM_OK, "health \(when): expected KCM_OK, got \(ResultCode.text(code, text))")
            try store.mustPut(context.namespace(), [1], [1])
        }
    }

    private static func verify(_ context: CheckContext) throws -> String? {
        let store = try context.openStore()
        guard let pointer = store.getExtension(KCM_STORE_VERIFY) else { throw CheckSkipped("the plugin has no \(KCM_STORE_VERIFY)") }
        let table = pointer.assumingMemoryBound(to: kcm_store_verify.self)
        try expect(table.pointee.struct_size >= MemoryLayout<kcm_store_verify>.size, "struct_size is \(table.pointee.struct_size), below 16")
        guard let verify = table.pointee.verify else { throw CheckFailure("the extension's function is NULL") }
        for round in 0..<3 {
            try store.mustCommit(context.namespace(), (UInt8(0)..<50).map { .put([$0], Noise.bytes(500, seed: UInt64($0) + UInt64(round))) })
            let error = ErrorField()
            let code = store.gate.read { verify(store.instance, error.pointer) }
            try expect(code == KCM_OK, "verify of a store that nothing happened to: expected KCM_OK, got \(ResultCode.text(code, error.text))")
        }
        return nil
    }
}
