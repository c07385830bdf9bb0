internal import Glibc

/// Temporary folders, removed with all that is in them.
enum Folders {
    struct Failure: Error { let reason: String }

    /// A new folder under `TMPDIR`, or `/tmp`.
    static func make() throws -> String {
        var template = Array("\(getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp")/kcm-kit-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Failure(reason: "cannot make a temporary folder: \(String(cString: strerror(errno)))") }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    static func make(_ path: String) throws {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw Failure(reason: "cannot make \(path): \(String(cString: strerror(errno)))") }
    }

    /// Everything below, the folder included; what cannot be removed stays.
    static func remove(_ path: String) {
        for file in files(below: path).reversed() { if file.isFolder { rmdir(file.path) } else { unlink(file.path) } }
        rmdir(path)
    }

    struct File {
        let path: String
        let isFolder: Bool
        let mode: mode_t
    }

    /// Files and folders, a folder before what is in it. Links are not followed.
    static func files(below path: String) -> [File] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var result: [File] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard name != ".", name != ".." else { continue }
            var status = stat()
            guard lstat("\(path)/\(name)", &status) == 0 else { continue }
            let isFolder = status.st_mode & S_IFMT == S_IFDIR
            result.append(File(path: "\(path)/\(name)", isFolder: isFolder, mode: status.st_mode & 0o7777))
            if isFolder { result += files(below: "\(path)/\(name)") }
        }
        return result
    }
}
