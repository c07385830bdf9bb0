import Glibc

/// What tests do to files behind a store's back.
enum Files {
    static func read(_ path: String) throws -> [UInt8] {
        let descriptor = open(path, O_RDONLY)
        guard descriptor >= 0 else { throw Shell.Failure(text: "cannot read \(path)") }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: Int(lseek(descriptor, 0, SEEK_END)))
        let count = pread(descriptor, &bytes, bytes.count, 0)
        guard count == bytes.count else { throw Shell.Failure(text: "cannot read \(path)") }
        return bytes
    }

    /// Overwrites some bytes in place.
    static func write(_ bytes: [UInt8], to path: String, at offset: Int) throws {
        let descriptor = open(path, O_WRONLY)
        defer { close(descriptor) }
        guard pwrite(descriptor, bytes, bytes.count, off_t(offset)) == bytes.count else { throw Shell.Failure(text: "cannot write \(path)") }
    }

    /// Turns one bit of the byte at `offset`.
    static func flip(_ path: String, at offset: Int) throws { try write([try read(path)[offset] ^ 1], to: path, at: offset) }

    /// Cuts a file off.
    static func cut(_ path: String, to size: Int) throws {
        guard truncate(path, off_t(size)) == 0 else { throw Shell.Failure(text: "cannot cut \(path)") }
    }

    static func mode(_ path: String) -> mode_t? {
        var status = stat()
        return lstat(path, &status) == 0 ? status.st_mode & 0o777 : nil
    }

    static func size(_ path: String) -> Int? {
        var status = stat()
        return lstat(path, &status) == 0 ? Int(status.st_size) : nil
    }

    /// The names in a folder, sorted.
    static func names(_ path: String) throws -> [String] {
        try Shell.runBlocking("ls -A '\(path)'").split(separator: "\n").map(String.init).sorted()
    }
}
