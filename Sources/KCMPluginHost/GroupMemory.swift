internal import CKCMPlugin
internal import KCMStore

/// The C structs of a group, with all their bytes in one block that lives as long as the call.
final class GroupMemory {
    private let bytes: UnsafeMutableBufferPointer<UInt8>
    private let writes: UnsafeMutableBufferPointer<kcm_write>
    private let batches: UnsafeMutableBufferPointer<kcm_batch>

    init(_ group: [CommitQueue.Pending]) {
        let size = group.reduce(0) { size, pending in
            size + pending.namespace.name.utf8.count + pending.writes.reduce(0) { $0 + $1.key.count + ($1.value?.count ?? 0) }
        }
        bytes = .allocate(capacity: max(size, 1))
        writes = .allocate(capacity: max(group.reduce(0) { $0 + $1.writes.count }, 1))
        batches = .allocate(capacity: group.count)
        var used = 0
        func place(_ source: some Collection<UInt8>) -> kcm_bytes {
            let target = UnsafeMutableBufferPointer(rebasing: bytes[used..<used + source.count])
            _ = target.initialize(fromContentsOf: source)
            used += source.count
            return kcm_bytes(data: UnsafePointer(target.baseAddress), size: UInt64(source.count))
        }
        var next = 0
        for (index, pending) in group.enumerated() {
            let first = next
            for write in pending.writes {
                var entry = kcm_write()
                entry.operation = UInt32(write.value == nil ? KCM_REMOVE : KCM_PUT)
                switch write.expectation {
                case .any: entry.expectation = UInt32(KCM_EXPECT_ANY)
                case .absent: entry.expectation = UInt32(KCM_EXPECT_ABSENT)
                case .revision(let revision):
                    entry.expectation = UInt32(KCM_EXPECT_REVISION)
                    entry.revision = revision
                }
                if let revision = write.restored {
                    entry.operation = UInt32(KCM_RESTORE)
                    entry.revision = revision
                }
                entry.key = place(write.key)
                if let value = write.value { entry.value = place(value) }
                writes.initializeElement(at: next, to: entry)
                next += 1
            }
            let batch = kcm_batch(
                name_space: place(Array(pending.namespace.name.utf8)),
                writes: writes.baseAddress.map { UnsafePointer($0 + first) },
                write_count: UInt32(pending.writes.count),
                result: KCM_FAILED
            )
            batches.initializeElement(at: index, to: batch)
        }
    }

    func withBatches(_ body: (UnsafeMutableBufferPointer<kcm_batch>) -> Int32) -> Int32 { body(batches) }

    /// Each batch's result, as the plugin left it.
    var results: [Int32] { batches.map(\.result) }

    deinit {
        bytes.deallocate()
        writes.deallocate()
        batches.deallocate()
    }
}
