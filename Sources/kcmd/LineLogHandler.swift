internal import Glibc
internal import KCMSettings
internal import Logging
internal import Synchronization

/// Writes the daemon's log to standard error, a line an entry, as text or JSON.
struct LineLogHandler: LogHandler {
    /// The level for all loggers; SIGHUP changes it.
    static let level = Mutex(Logger.Level.info)

    let format: Settings.Log.Format
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level {
        get { Self.level.withLock { $0 } }
        set { Self.level.withLock { $0 = newValue } }
    }

    init(format: Settings.Log.Format) { self.format = format }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { _, own in own }.sorted { $0.key < $1.key }
        let time = Self.time()
        let line: String
        switch format {
        case .text:
            let fields = all.map { " \($0.key)=\(Self.oneLine("\($0.value)"))" }.joined()
            line = "\(time) \(event.level.rawValue) \(Self.oneLine("\(event.message)"))\(fields)\n"
        case .json:
            let fields = all.map { ",\(Self.quoted($0.key)):\(Self.quoted("\($0.value)"))" }.joined()
            line = "{\"time\":\"\(time)\",\"level\":\"\(event.level.rawValue)\",\"message\":\(Self.quoted("\(event.message)"))\(fields)}\n"
        }
        // One write a line, so that lines of several threads do not mix.
        _ = line.utf8.withContiguousStorageIfAvailable { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }

    /// `2026-11-24T11:12:13.123Z`
    private static func time() -> String {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        var parts = tm()
        gmtime_r(&now.tv_sec, &parts)
        func digits(_ value: some BinaryInteger, _ width: Int) -> String {
            let text = String(value)
            return String(repeating: "0", count: max(0, width - text.count)) + text
        }
        let date = "\(digits(parts.tm_year + 1900, 4))-\(digits(parts.tm_mon + 1, 2))-\(digits(parts.tm_mday, 2))"
        let clock = "\(digits(parts.tm_hour, 2)):\(digits(parts.tm_min, 2)):\(digits(parts.tm_sec, 2))"
        return "\(date)T\(clock).\(digits(now.tv_nsec / 1_000_000, 3))Z"
    }

    /// What a peer sent must not begin a line of its own.
    private static func oneLine(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { return text }
        return String(decoding: text.utf8.map { $0 < 0x20 || $0 == 0x7F ? UInt8(ascii: "?") : $0 }, as: UTF8.self)
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for character in oneLine(text).unicodeScalars {
            if character == "\"" || character == "\\" { result.append("\\") }
            result.unicodeScalars.append(character)
        }
        return result + "\""
    }
}
