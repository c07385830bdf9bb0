internal import CKCMPlugin

/// Sinks are called on the calling thread, as often as the call says, and not by a call that fails.
enum SinkChecks {
    static let all: [Check] = [
        Check("store.sink", "sinks are called once by get, on the call's own thread, with data wherever there is a size", sinks),
        Check("store.arguments", "what the host passed in is not used after the call", arguments),
    ]

    private static func sinks(_ context: CheckContext) throws {
        let store = try context.openStore()
        let namespace = context.namespace()
        try store.mustCommit(namespace, (UInt8(0)..<10).map { .put([$0], Noise.bytes(100, seed: UInt64($0))) })
        try Threads.run(4) { thread in
            for key in UInt8(0)..<10 {
                let answer = store.get(namespace, [key])
                try expect(
                    answer.code == KCM_OK && answer.sinkCalls == 1,
                    "get: expected KCM_OK and one call of the sink, got \(answer.answer) and \(answer.sinkCalls)")
                if let fault = answer.sinkFault { throw CheckFailure("get: \(fault)") }
                try expect(answer.revision != 0, "get handed over revision 0, which no entry has")
            }
            let none = store.get(namespace, [200])
            try expect(none.sinkCalls == 0, "get that is \(none.answer) called the sink")
            let scan = store.scan(namespace, limit: UInt32(3 + thread))
            if let fault = scan.sinkFault { throw CheckFailure("scan: \(fault)") }
            try expect(scan.entries.allSatisfy { $0.revision != 0 }, "scan handed over revision 0, which no entry has")
            if let fault = store.scan(namespace, stopAfter: 2).sinkFault { throw CheckFailure("scan: \(fault)") }
            if let fault = store.namespaces().sinkFault { throw CheckFailure("namespaces: \(fault)") }
        }
    }

    /// The kit overwrites every argument when a call is back; what a plugin kept by pointer alone is wrong then.
    private static func arguments(_ context: CheckContext) throws {
        let store = try context.openStore()
        let namespace = context.namespace()
        let keys = (0..<200).map { Noise.bytes(20 + $0 % 30, seed: UInt64($0)) }
        for (index, key) in keys.enumerated() { try store.mustPut(namespace, key, Noise.value(UInt64(index), size: 100)) }
        for (index, key) in keys.enumerated() {
            try store.mustHold(namespace, key, Noise.value(UInt64(index), size: 100), "after the host reused its buffers")
        }
        let listed = store.namespaces().keys
        try expect(listed.contains(namespace), "the namespace's name is not listed as it was given, after the host reused its buffers")
    }
}
