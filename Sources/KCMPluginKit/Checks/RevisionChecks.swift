internal import CKCMPlugin

/// Revisions: 1 when created, one more with each put.
enum RevisionChecks {
    static let all: [Check] = [
        Check("store.revisions", "a key has revision 1 when it is created and 1 more with each put, in get and scan", growth),
        Check("store.revisions.anew", "a key that was removed and is created anew has revision 1", anew),
    ]

    private static func growth(_ context: CheckContext) throws {
        let store = try context.openStore()
        let namespace = context.namespace()
        let (key, other) = (Array("key".utf8), Array("other".utf8))
        try store.mustPut(namespace, other, [0])
        for expected in UInt64(1)...20 {
            try store.mustPut(namespace, key, [UInt8(expected)])
            let found = try store.mustGet(namespace, key)
            try expect(found.revision == expected, "get after put number \(expected): expected revision \(expected), got \(found.revision)")
            let scanned = try store.mustScan(namespace).first { $0.key == key }
            try expect(
                scanned?.revision == expected, "scan after put number \(expected): expected revision \(expected), got \(scanned?.revision ?? 0)")
        }
        let untouched = try store.mustGet(namespace, other)
        try expect(untouched.revision == 1, "the revision of a key changed with the puts of another one: expected 1, got \(untouched.revision)")
    }

    private static func anew(_ context: CheckContext) throws {
        let store = try context.openStore()
        let namespace = context.namespace()
        let key = Array("key".utf8)
        for _ in 0..<3 { try store.mustPut(namespace, key, [1]) }
        try store.mustCommit(namespace, [.remove(key)])
        try store.mustPut(namespace, key, [2])
        let found = try store.mustGet(namespace, key)
        try expect(found.revision == 1, "expected revision 1, got \(found.revision)")
    }
}
