import Logging
import Synchronization

/// A log that remembers.
final class LogLines: Sendable {
    private let state = Mutex<[String]>([])
    var lines: [String] { state.withLock { $0 } }

    var logger: Logger { Logger(label: "test") { _ in Handler(log: self) } }

    /// Waits up to 3 s for a line that contains every one of `words`.
    func line(with words: String...) async -> String? {
        for _ in 0..<300 {
            if let line = lines.first(where: { line in words.allSatisfy { line.contains($0) } }) { return line }
            try? await Task.sleep(for: .milliseconds(10))
        }
        return nil
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
