internal import Glibc

/// The line-wise way from a child process to the kit: a word, and behind a space a text without line breaks.
struct Channel: Sendable {
    /// Descriptor of the channel in every child.
    static let descriptor: Int32 = 3

    func send(_ word: String, _ text: String = "") {
        let line = "\(word) \(String(text.map { $0.isNewline ? " " : $0 }))\n"
        var bytes = Array(line.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { write(Self.descriptor, $0.baseAddress, $0.count) }
            // The kit is gone, and so is the reason to go on.
            if count <= 0 { _exit(1) }
            bytes = bytes.dropFirst(count)
        }
    }

    /// How far a long check is, from 0 to 1.
    func progress(_ part: Double) { send("progress", String(Int(part * 1000))) }
}
