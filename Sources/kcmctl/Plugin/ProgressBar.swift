internal import Glibc

/// One line on standard error that shows how far a command is; nothing where that is no terminal.
struct ProgressBar {
    private static let width = 30
    private let isShown = isatty(STDERR_FILENO) == 1

    /// - Parameter part: from 0 to 1.
    func show(_ what: String, _ part: Double) {
        guard isShown else { return }
        let full = max(0, min(Self.width, Int(part * Double(Self.width))))
        write("\r\u{1B}[K[\(String(repeating: "#", count: full))\(String(repeating: ".", count: Self.width - full))] \(Int(part * 100)) %  \(what)")
    }

    func clear() { if isShown { write("\r\u{1B}[K") } }

    private func write(_ text: String) {
        let bytes = Array(text.utf8)
        _ = Glibc.write(STDERR_FILENO, bytes, bytes.count)
    }
}
