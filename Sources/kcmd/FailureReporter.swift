internal import KCMCrypto
internal import KCMEngine
internal import Logging

/// Tells every second how many requests more, after the first, failed for a cause that goes on.
struct FailureReporter: Sendable {
    let logger: Logger

    /// Runs until the task is cancelled.
    func run() async {
        while (try? await Task.sleep(for: .seconds(1))) != nil { report() }
    }

    /// Once more after the last request.
    func report() {
        for (cause, count) in InternalFailure.takeRepeated() { logger.error("\(count) more failures \(Self.text(cause))") }
    }

    private static func text(_ cause: InternalFailure.Cause) -> String {
        switch cause {
        case .lockedMemory:
            let memory = LockedMemory.statistics
            let limit = memory.limit.map { " of \($0)" } ?? ""
            return "for lack of locked memory: \(memory.locked)\(limit) bytes are locked"
        case .fullKeystore: return "since the keystore is full"
        case .unavailableKeystore: return "since the keystore cannot serve"
        case .silentKeystore: return "since the keystore did not answer in time"
        }
    }
}
