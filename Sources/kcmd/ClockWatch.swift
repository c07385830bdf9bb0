internal import KCMAudit
internal import KCMEngine
internal import KCMServer
internal import Logging
internal import Synchronization

/// Tells when the wall clock is put back or forward under the daemon: by a line in the log, a counter, and a record in the audit log, where
/// times that go back would else look like an edited log.
///
/// Nothing that counts time depends on that clock: leases, deadlines and idle times are monotonic. Certificates and the dates of objects
/// follow it.
final class ClockWatch: Sendable {
    /// Between two looks; what a time service slews in a second is far below.
    private static let tolerance: Int64 = 1_000_000_000

    private let back = Atomic<Int>(0)
    private let forward = Atomic<Int>(0)
    private let audit: AuditTrail
    private let logger: Logger

    init(_ audit: AuditTrail, _ logger: Logger) {
        self.audit = audit
        self.logger = logger
    }

    /// Looks once a second until the task is cancelled.
    func run() async {
        var before = Self.distance
        while (try? await Task.sleep(for: .seconds(1))) != nil {
            let now = Self.distance
            let step = now - before
            before = now
            if step.magnitude >= Self.tolerance.magnitude { await tell(step) }
        }
    }

    /// How often it happened, in the text format that scrapers read.
    var metrics: String {
        """
        # TYPE kcm_clock_steps_total counter
        kcm_clock_steps_total{direction="back"} \(back.load(ordering: .relaxed))
        kcm_clock_steps_total{direction="forward"} \(forward.load(ordering: .relaxed))

        """
    }

    /// From the monotonic to the wall clock, in nanoseconds: constant, unless somebody sets the latter.
    private static var distance: Int64 { WallClock.now - MonotonicClock.now }

    /// - Parameter step: in nanoseconds.
    private func tell(_ step: Int64) async {
        let seconds = (step.magnitude + 500_000_000) / 1_000_000_000
        let words = "the wall clock was put \(step < 0 ? "back" : "forward") by \(seconds) s"
        if step < 0 { back.wrappingAdd(1, ordering: .relaxed) } else { forward.wrappingAdd(1, ordering: .relaxed) }
        var record = AuditRecord()
        record.time = WallClock.now
        record.traceID = TraceContext.make().traceID
        record.transport = "internal"
        record.operation = "ClockStep"
        record.resultStatus = "Success"
        record.rule = "internal: \(words)"
        let hint = step < 0 ? "" : "; or the machine slept"
        logger.warning(
            "\(words)\(hint); certificates and the dates of objects follow it, leases and deadlines do not",
            metadata: ["trace": "\(record.traceID)"]
        )
        do { try await audit.append([record]) } catch { logger.error("\(error)") }
    }
}
