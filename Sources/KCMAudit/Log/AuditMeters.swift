internal import Synchronization

/// What a log counts, readable without its lock: whoever asks may be on an event loop while a write waits for the disk.
final class AuditMeters: Sendable {
    private let records = Atomic<UInt64>(0)
    private let failures = Atomic<UInt64>(0)
    private let rotations = Atomic<UInt64>(0)
    private let length = Atomic<Int64>(0)
    private let sequence = Atomic<UInt64>(0)
    /// Beside ``problem``, for the look at every request.
    private let fails = Atomic(false)
    private let problem = Mutex<String?>(nil)

    var isFailing: Bool { fails.load(ordering: .acquiring) }

    /// Called under the log's lock.
    func succeed(records count: Int, length: Int64, sequence: UInt64) {
        records.wrappingAdd(UInt64(count), ordering: .relaxed)
        self.length.store(length, ordering: .relaxed)
        self.sequence.store(sequence, ordering: .relaxed)
        guard isFailing else { return }
        problem.withLock { $0 = nil }
        fails.store(false, ordering: .releasing)
    }

    func fail(_ error: AuditError) {
        failures.wrappingAdd(1, ordering: .relaxed)
        problem.withLock { $0 = error.message }
        fails.store(true, ordering: .releasing)
    }

    func rotated() { rotations.wrappingAdd(1, ordering: .relaxed) }

    var statistics: AuditStatistics {
        AuditStatistics(
            records: records.load(ordering: .relaxed),
            failures: failures.load(ordering: .relaxed),
            rotations: rotations.load(ordering: .relaxed),
            bytes: length.load(ordering: .relaxed),
            sequence: sequence.load(ordering: .relaxed),
            problem: isFailing ? problem.withLock { $0 } : nil
        )
    }
}
