internal import KCMServer
internal import KCMService
internal import Logging

/// Tells every second what was refused for load: a line in the log for each tenant and limit, and a record in the audit log for those
/// requests that have none of their own.
struct RefusalReporter: Sendable {
    private let service: KMIPService
    private let audit: AuditTrail
    private let logger: Logger

    init(_ service: KMIPService, _ audit: AuditTrail, _ logger: Logger) {
        self.service = service
        self.audit = audit
        self.logger = logger
    }

    /// Runs until the task is cancelled.
    func run() async {
        while (try? await Task.sleep(for: .seconds(1))) != nil { await report() }
    }

    /// Once more after the last request.
    func report() async {
        let refusals = service.takeRefusals()
        guard !refusals.isEmpty else { return }
        for one in refusals {
            let count = one.recorded + one.unrecorded
            logger.warning("\(count) operations refused: the limit \(one.refusal.rawValue) is reached", metadata: ["tenant": "\(one.tenant)"])
        }
        do { try await audit.append(refusals.compactMap(\.record)) } catch {
            logger.error("\(error)")
            service.giveBack(refusals)
        }
    }
}
