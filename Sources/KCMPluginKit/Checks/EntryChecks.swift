internal import CKCMPlugin

/// Entries come, are read and go.
enum EntryChecks {
    static let all: [Check] = [
        Check(remarking: limits, "store.limits", "declares at least the least limits of the contract, the same each time"),
        Check("store.limits.struct", "limits and statistics write within struct_size", structs),
        Check("store.get.absent", "get of an absent key is KCM_NOT_FOUND, and the sink is not called", absent),
        Check("store.put", "get hands over what put wrote, once; a later put replaces it", put),
        Check("store.remove", "a removed key is gone; removing an absent one is no failure", remove),
        Check("store.extension", "get_extension of an unknown identifier is NULL", of: .store) { context in
            let store = try context.openStore()
            try expect(store.getExtension("kit.unknown/1") == nil, "an extension that nobody has was given")
            try expect(store.getExtension("") == nil, "an extension without a name was given")
        },
    ]

    private static func limits(_ context: CheckContext) throws -> String? {
        let store = try context.openStore()
        let limits = store.limits
        try expect(limits.maximum_batch >= 64, "maximum_batch is \(limits.maximum_batch), below 64")
        try expect(limits.maximum_key >= 512, "maximum_key is \(limits.maximum_key), below 512")
        try expect(limits.maximum_value >= 4096, "maximum_value is \(limits.maximum_value), below 4,096")
        try store.mustPut(context.namespace(), [1], [1])
        var again = kcm_store_limits()
        again.struct_size = UInt32(MemoryLayout<kcm_store_limits>.size)
        store.functions.limits?(store.instance, &again)
        try expect(
            again.maximum_batch == limits.maximum_batch && again.maximum_key == limits.maximum_key && again.maximum_value == limits.maximum_value,
            "the limits changed while the store was open"
        )
        return "keys \(limits.maximum_key) bytes, values \(limits.maximum_value) bytes, \(limits.maximum_batch) writes a batch"
    }

    /// A host of a later version gives longer structs: what this plugin does not know stays as it was.
    private static func structs(_ context: CheckContext) throws {
        let store = try context.openStore()
        func call(_ size: Int, _ body: (UnsafeMutableRawPointer) -> Void) throws {
            let block = UnsafeMutableRawPointer.allocate(byteCount: size + 128, alignment: 16)
            defer { block.deallocate() }
            block.initializeMemory(as: UInt8.self, repeating: 0, count: size + 64)
            (block + size + 64).initializeMemory(as: UInt8.self, repeating: 0xA5, count: 64)
            block.storeBytes(of: UInt32(size + 64), as: UInt32.self)
            body(block)
            let behind = UnsafeRawBufferPointer(start: block + size, count: 128)
            try expect(behind[64...].allSatisfy { $0 == 0xA5 }, "bytes behind the struct were overwritten")
            try expect(behind[..<64].allSatisfy { $0 == 0 }, "members that ABI 1.0 does not have were written")
            try expect(block.load(as: UInt32.self) == UInt32(size + 64), "struct_size, which the host set, was changed")
        }
        try call(MemoryLayout<kcm_store_limits>.size) { store.functions.limits?(store.instance, $0.assumingMemoryBound(to: kcm_store_limits.self)) }
        let error = ErrorField()
        try call(MemoryLayout<kcm_store_statistics>.size) {
            _ = store.functions.statistics?(store.instance, $0.assumingMemoryBound(to: kcm_store_statistics.self), error.pointer)
        }
    }

    private static func absent(_ context: CheckContext) throws {
        let store = try context.openStore()
        let namespace = context.namespace()
        for when in ["in a namespace that is not there", "beside another key"] {
            let answer = store.get(namespace, Array("absent".utf8))
            try expect(answer.code == KCM_NOT_FOUND, "get of an absent key \(when): expected KCM_NOT_FOUND, got \(answer.answer)")
            try expect(answer.sinkCalls == 0, "get of an absent key \(when): the sink was called")
            try store.mustPut(namespace, Array("present".utf8), [1])
        }
    }

    private static func put(_ context: CheckContext) throws {
        let store = try context.openStore()
        let namespace = context.namespace()
        for (round, size) in [10, 3000, 1, 700].enumerated() {
            let (key, value) = (Array("key".utf8), Noise.bytes(size, seed: UInt64(round)))
            try store.mustPut(namespace, key, value)
            let answer = store.get(namespace, key)
            try expect(answer.code == KCM_OK, "get: expected KCM_OK, got \(answer.answer)")
            try expect(answer.value == value, "get after put number \(round + 1): the value is not the one that was put")
        }
    }

    private static func remove(_ context: CheckContext) throws {
        let store = try context.openStore()
        let namespace = context.namespace()
        let (key, other) = (Array("key".utf8), Array("other".utf8))
        try store.mustCommit(namespace, [.put(key, [1]), .put(other, [2])])
        try store.mustCommit(namespace, [.remove(key)])
        try store.mustLack(namespace, key, "after remove")
        try store.mustHold(namespace, other, [2], "beside a removed key")
        let answer = store.commit(namespace, .remove(key))
        try expect(answer.isOK, "remove of an absent key under KCM_EXPECT_ANY: expected KCM_OK, got \(answer.answer)")
        try expect(try store.mustScan(namespace).map(\.key) == [other], "scan after remove: expected the other key alone")
    }
}
