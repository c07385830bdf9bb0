import Glibc
import KCMAudit
import KCMServer
import Synchronization

/// Counts what is appended, and fails or takes its time when told to.
final class RecordingSink: AuditSink {
    struct Full: Error {}
    private let state = Mutex((appends: [Int](), rules: [String](), fails: false, isFailing: false))
    let blocks: Bool
    private let delayMicroseconds: UInt32

    /// - Parameter delayMilliseconds: each append takes so long, on a thread of its own.
    init(delayMilliseconds: UInt32 = 0) {
        blocks = delayMilliseconds > 0
        delayMicroseconds = delayMilliseconds * 1000
    }

    /// The number of records of each append that succeeded.
    var appends: [Int] { state.withLock { $0.appends } }
    /// What each record that was appended says of its rule.
    var rules: [String] { state.withLock { $0.rules } }
    func fail(_ fails: Bool) { state.withLock { $0.fails = fails } }

    var isFailing: Bool { state.withLock { $0.isFailing } }

    func append(_ records: [AuditRecord], intents: [AuditRecord]) throws {
        if delayMicroseconds > 0 { usleep(delayMicroseconds) }
        try state.withLock { state in
            state.isFailing = state.fails
            if state.fails { throw Full() }
            state.appends.append(records.count + intents.count)
            state.rules += records.map(\.rule)
        }
    }
}
