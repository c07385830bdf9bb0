internal import Glibc

/// A log file that is open for appending, locked against a second writer. One owner, under its lock.
struct AuditFile: ~Copyable {
    private let descriptor: Int32
    private let path: String

    /// Opens or creates (0600). Blocks.
    /// - Parameter final: the path that the file will be moved to, for messages.
    /// - Throws: `.input`, or `.locked` where another process has it.
    init(path: String, laterAt final: String? = nil) throws(AuditError) {
        let descriptor = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw Self.failure("open", path) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw AuditError(.input, "\(path) is not a regular file")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let error = errno
            close(descriptor)
            throw error == EWOULDBLOCK
                ? AuditError(.locked, "\(path) is being written by another process") : Self.failure("lock", path, error)
        }
        // A rotation by the process that had the lock may have put another file in this place.
        var named = stat()
        guard stat(path, &named) == 0, named.st_ino == status.st_ino, named.st_dev == status.st_dev else {
            close(descriptor)
            throw AuditError(.locked, "\(path) is being rotated by another process")
        }
        self.descriptor = descriptor
        self.path = final ?? path
    }

    /// Whether `other` is a second name of this file.
    func isNamed(_ other: String) -> Bool {
        var (own, named) = (stat(), stat())
        return fstat(descriptor, &own) == 0 && stat(other, &named) == 0 && own.st_ino == named.st_ino && own.st_dev == named.st_dev
    }

    func size() throws(AuditError) -> Int64 {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Self.failure("read", path) }
        return Int64(status.st_size)
    }

    /// Whether the file still has a name and the length it was left with.
    func checkUnchanged(length: Int64) throws(AuditError) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Self.failure("read", path) }
        guard status.st_nlink > 0 else { throw AuditError(.changed, "\(path) was removed while it was being written") }
        guard Int64(status.st_size) == length else {
            throw AuditError(.changed, "\(path) has \(status.st_size) bytes, not the \(length) that were written")
        }
    }

    /// The bytes from `offset` on, `count` of them.
    func read(at offset: Int64, count: Int) throws(AuditError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let got = bytes.withUnsafeMutableBytes {
                pread(descriptor, $0.baseAddress?.advanced(by: filled), count - filled, off_t(offset) + filled)
            }
            if got < 0, errno == EINTR { continue }
            guard got > 0 else { throw Self.failure("read", path, got < 0 ? errno : EIO) }
            filled += got
        }
        return bytes
    }

    /// Appends in one write(2), so that a reader never sees half a batch. A short write is a failure: the rest would not fit either.
    func append(_ bytes: UnsafeRawBufferPointer) throws(AuditError) {
        var written = Glibc.write(descriptor, bytes.baseAddress, bytes.count)
        while written < 0, errno == EINTR { written = Glibc.write(descriptor, bytes.baseAddress, bytes.count) }
        guard written >= 0 else { throw Self.failure("write", path) }
        guard written == bytes.count else { throw Self.failure("write", path, ENOSPC) }
    }

    func truncate(to length: Int64) throws(AuditError) {
        guard ftruncate(descriptor, off_t(length)) == 0 else { throw Self.failure("shorten", path) }
    }

    /// To the medium, file and, where asked for, its name.
    func synchronize(name: Bool = false) throws(AuditError) {
        guard fdatasync(descriptor) == 0 else { throw Self.failure("write", path) }
        if name { try Self.synchronizeFolder(of: path) }
    }

    /// To the medium, a file that is named.
    static func synchronize(_ path: String) throws(AuditError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw failure("open", path) }
        defer { close(descriptor) }
        guard fdatasync(descriptor) == 0 else { throw failure("write", path) }
    }

    static func synchronizeFolder(of path: String) throws(AuditError) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        let folder = parts.isEmpty ? "." : parts.joined(separator: "/") + "/"
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open", folder) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("write", folder) }
    }

    static func failure(_ what: String, _ path: String, _ error: Int32 = errno) -> AuditError {
        AuditError(.input, "cannot \(what) \(path): \(String(cString: strerror(error)))")
    }

    deinit {
        // Not left to close: a child that was forked and has not yet called exec shares the lock.
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }
}
