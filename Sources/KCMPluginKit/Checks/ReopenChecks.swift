internal import CKCMPlugin

/// What was committed is there when the store is opened again.
enum ReopenChecks {
    static let all: [Check] = [
        Check("store.durable.reopen", "entries, revisions and namespaces are the same after close and open", needsDurable: true) { context in
            let namespace = context.namespace()
            var expected: [ScanAnswer.Entry] = []
            for round in 0..<4 {
                let store = try context.openStore()
                let found = try store.mustScan(namespace)
                try expect(
                    found == expected,
                    "open number \(round + 1): expected the \(expected.count) entries from before close, found \(found.count) or others")
                try expect(
                    store.namespaces().keys.contains(namespace) == !expected.isEmpty,
                    "open number \(round + 1): the namespace is not listed as before close")
                try store.mustCommit(namespace, (0..<30).map { .put([UInt8($0)], Noise.value(UInt64(round * 100 + $0), size: 10 + $0 * 40)) })
                try store.mustCommit(namespace, [.remove([UInt8(round)]), .put([200 + UInt8(round)], [])])
                expected = try store.mustScan(namespace)
                store.close()
            }
        }
    ]
}
