internal import Glibc
internal import Synchronization

/// One line on standard error that is written over again, a few times a second; nothing where standard error is no terminal.
final class ProgressLine: Sendable {
    private let isShown = isatty(STDERR_FILENO) == 1
    private let last = Mutex(ContinuousClock.now - .seconds(1))

    func show(_ text: @autoclosure () -> String) {
        guard isShown else { return }
        let isDue = last.withLock { last in
            guard ContinuousClock.now - last >= .milliseconds(200) else { return false }
            last = .now
            return true
        }
        if isDue { put("\r\u{1B}[K\(text())") }
    }

    /// With a bar in front.
    /// - Parameter part: from 0 to 1.
    func show(_ text: @autoclosure () -> String, _ part: Double) {
        let width = 30
        let full = max(0, min(width, Int(part * Double(width))))
        show("[\(String(repeating: "#", count: full))\(String(repeating: ".", count: width - full))] \(Int(part * 100)) %  \(text())")
    }

    /// Takes the line away.
    func clear() {
        if isShown { put("\r\u{1B}[K") }
    }

    private func put(_ text: String) {
        let bytes = Array(text.utf8)
        _ = write(STDERR_FILENO, bytes, bytes.count)
    }
}
