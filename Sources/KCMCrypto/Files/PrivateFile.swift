internal import COpenSSL
internal import Glibc

/// Small files of keys and certificates, read and replaced as a whole.
enum PrivateFile {
    /// Larger files are no key or certificate file; in bytes.
    private static let limit = 16 << 20

    /// Reads a file into locked memory. Blocks.
    /// - Throws: `CryptoError` `.certificate` with the path and the system's reason.
    static func read(_ path: String) throws -> SecretBytes {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open", path) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure("read", path) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw CryptoError(.certificate, "\(path) is not a regular file") }
        guard status.st_size > 0, status.st_size <= limit else {
            throw CryptoError(.certificate, "\(path) has \(status.st_size) bytes; 1 to \(limit) are read")
        }
        return try SecretBytes(count: Int(status.st_size)) { bytes in
            var filled = 0
            while filled < bytes.count {
                let got = Glibc.read(descriptor, bytes.baseAddress?.advanced(by: filled), bytes.count - filled)
                if got < 0, errno == EINTR { continue }
                guard got > 0 else {
                    throw got < 0 ? failure("read", path) : CryptoError(.certificate, "\(path) became shorter while it was read")
                }
                filled += got
            }
        }
    }

    /// Replaces a file in one step: readers see the old bytes or the new, never half. Durable on return. Blocks.
    /// - Parameter mode: the permissions, whatever the umask.
    /// - Throws: `CryptoError` `.failed` with the path and the system's reason.
    static func write(_ bytes: UnsafeRawBufferPointer, to path: String, mode: mode_t) throws(CryptoError) {
        let suffix = Hexadecimal.text(try Random.bytes(6))
        let temporary = "\(path).\(suffix).tmp"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw failure("create", temporary, .failed) }
        var open = true
        do throws(CryptoError) {
            guard fchmod(descriptor, mode) == 0 else { throw failure("set the permissions of", path, .failed) }
            var written = 0
            while written < bytes.count {
                let put = Glibc.write(descriptor, bytes.baseAddress?.advanced(by: written), bytes.count - written)
                if put < 0, errno == EINTR { continue }
                guard put > 0 else { throw failure("write", path, .failed) }
                written += put
            }
            guard fsync(descriptor) == 0 else { throw failure("write", path, .failed) }
            open = false
            guard close(descriptor) == 0 else { throw failure("write", path, .failed) }
            guard rename(temporary, path) == 0 else { throw failure("replace", path, .failed) }
        } catch {
            if open { close(descriptor) }
            unlink(temporary)
            throw error
        }
    }

    private static func failure(_ what: String, _ path: String, _ code: CryptoError.Code = .certificate) -> CryptoError {
        let reason = String(cString: strerror(errno))
        return CryptoError(code, "cannot \(what) \(path): \(reason)")
    }
}
