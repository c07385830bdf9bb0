import Glibc

/// Files as the operator sees them.
enum SettingsFile {
    /// Why a file could not be read, in words.
    struct Problem: Error {
        let text: String
    }

    /// Reads a UTF-8 text of at most `limit` bytes.
    static func read(_ path: String, limit: Int) -> Result<String, Problem> {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return .failure(.init(text: reason(errno))) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0 {
                if errno == EINTR { continue }
                return .failure(.init(text: reason(errno)))
            }
            if count == 0 { break }
            bytes += chunk[..<count]
            guard bytes.count <= limit else { return .failure(.init(text: "it is larger than \(limit) bytes")) }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else { return .failure(.init(text: "it is not UTF-8")) }
        return .success(text)
    }

    /// `nil` where the file is there, regular and readable; else what is wrong.
    static func problem(_ path: String, secret: Bool = false) -> String? {
        var status = stat()
        guard stat(path, &status) == 0 else { return errno == ENOENT ? "does not exist" : "cannot be looked at: \(reason(errno))" }
        guard status.st_mode & S_IFMT == S_IFREG else { return "is not a regular file" }
        guard access(path, R_OK) == 0 else { return "cannot be read: \(reason(errno))" }
        guard secret, status.st_mode & 0o077 != 0 else { return nil }
        let mode = String(status.st_mode & 0o777, radix: 8)
        return "is open to others (mode \(mode)): run chmod 600 on it"
    }

    /// `nil` where a file can be made in the folder of `path`.
    static func folderProblem(of path: String) -> String? {
        let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        var status = stat()
        guard stat(folder, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return "cannot be written: the folder \(folder) does not exist" }
        guard access(folder, W_OK | X_OK) == 0 else { return "cannot be written: the folder \(folder) is not writable" }
        return nil
    }

    private static func reason(_ code: Int32) -> String {
        switch code {
        case ENOENT: "it does not exist"
        case EACCES: "permission denied"
        case EISDIR: "it is a folder"
        default: String(cString: strerror(code))
        }
    }
}
