internal import KCMAudit
internal import KCMServer
internal import KCMSettings
internal import Logging

/// Looks after the audit log every second: rotates it, and tries again where it could not be written, so that the
/// daemon becomes ready again without a request that tells.
struct AuditKeeper: Sendable {
    private let audit: AuditTrail
    private let rotation: AuditRotation
    private let logger: Logger
    /// Complaints are this far apart.
    private static let patience = 60

    init(_ audit: AuditTrail, _ rotate: Settings.Audit.Rotate, _ logger: Logger) {
        self.audit = audit
        rotation = AuditRotation(size: rotate.size.map(Int64.init), age: rotate.age.map { Int64($0 / .nanoseconds(1)) })
        self.logger = logger
    }

    /// Runs until the task is cancelled.
    func run() async {
        var quietRounds = 0
        var wasFailing = false
        while (try? await Task.sleep(for: .seconds(1))) != nil {
            do {
                if let ended = try await audit.maintain(rotation) {
                    logger.info("the audit log goes on in a new file", metadata: ["ended": "\(ended)"])
                }
                if wasFailing { logger.notice("the audit log is written again") }
                (quietRounds, wasFailing) = (0, false)
            } catch is CancellationError {
                // The daemon stops before a rotation has begun.
                return
            } catch {
                wasFailing = audit.isFailing
                if quietRounds == 0 { logger.error("\(error)") }
                quietRounds = (quietRounds + 1) % Self.patience
            }
        }
    }
}
