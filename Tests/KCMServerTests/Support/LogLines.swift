import Logging
import Synchronization

/// A log that remembers.
final class LogLines: Sendable {
    private let state = Mutex<[String]>([])
    var lines: [String] { state.withLock { $0 } }

    var logger: Logger { Logger(label: "test") { _ in Handler(log: self) } }

    /// Waits for a line that contains every one of `words`.
    func line(with words: String...) async -> String? {
        func found() -> String? { lines.first { line in words.allSatisfy { line.contains($0) } } }
        _ = await eventually { found() != nil }
        return found()
    }

    private struct Handler: LogHandler {
        let log: LogLines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }
        func log(event: LogEvent) {
            let fields = (event.metadata ?? [:]).map { " \($0.key)=\($0.value)" }.joined()
            log.state.withLock { $0.append("\(event.message)\(fields)") }
        }
    }
}
