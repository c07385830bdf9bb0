internal import KCMCrypto
internal import KCMEngine
internal import Logging

/// Tells every second how many requests more, after the first, failed for lack of locked memory.
struct ShortageReporter: Sendable {
    let logger: Logger

    /// Runs until the task is cancelled.
    func run() async {
        while (try? await Task.sleep(for: .seconds(1))) != nil { report() }
    }

    /// Once more after the last request.
    func report() {
        let count = InternalFailure.takeShortages()
        guard count > 0 else { return }
        let memory = LockedMemory.statistics
        let limit = memory.limit.map { " of \($0)" } ?? ""
        logger.error("\(count) more failures for lack of locked memory: \(memory.locked)\(limit) bytes are locked")
    }
}
