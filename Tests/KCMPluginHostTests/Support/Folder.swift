import Glibc

/// A folder under the temporary one, removed with what it holds when the test lets go of it.
final class Folder: Sendable {
    let path: String

    /// - Parameter base: the folder it is made in, instead of the temporary one.
    init(in base: String? = nil) throws {
        let base = base ?? getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(base)/kcm-plugins-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Shell.Failure(text: "mkdtemp: \(String(cString: strerror(errno)))") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// A path inside.
    func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Writes a file with exactly this mode.
    func write(_ text: String, to name: String, mode: mode_t = 0o600) throws {
        let descriptor = open(file(name), O_WRONLY | O_CREAT | O_TRUNC, mode)
        guard descriptor >= 0 else { throw Shell.Failure(text: "cannot write \(name)") }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count, fchmod(descriptor, mode) == 0 else {
            throw Shell.Failure(text: "cannot write \(name)")
        }
    }

    deinit { _ = try? Shell.runBlocking("rm -rf '\(path)'") }
}
