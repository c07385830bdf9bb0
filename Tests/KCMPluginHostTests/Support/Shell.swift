import Dispatch
import Glibc

/// Runs a command line and gives its output.
enum Shell {
    struct Failure: Error, CustomStringConvertible {
        let text: String
        var description: String { text }
    }

    /// Runs a command on a thread of its own: a compiler on one of the few threads of all tests would hold up those that measure time.
    /// - Returns: standard output and standard error.
    /// - Throws: ``Failure`` with the output where the command fails.
    @discardableResult
    static func run(_ command: String) async throws -> String {
        try await withCheckedThrowingContinuation { done in
            DispatchQueue.global().async { done.resume(with: Result { try runBlocking(command) }) }
        }
    }

    /// As ``run(_:)``, on this thread: for what is done at once.
    @discardableResult
    static func runBlocking(_ command: String) throws -> String {
        guard let pipe = popen("{ \(command); } 2>&1", "r") else { throw Failure(text: "popen failed") }
        var output: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while case let count = fread(&buffer, 1, buffer.count, pipe), count > 0 { output += buffer[..<count] }
        let text = String(decoding: output, as: UTF8.self)
        guard pclose(pipe) == 0 else { throw Failure(text: "\(command)\n\(text)") }
        return text
    }
}
