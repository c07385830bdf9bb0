internal import Glibc

/// The lines of a file, one after the other, in a buffer of fixed size.
struct LineReader: ~Copyable {
    /// A longer line is handed out in pieces, which no verifier takes for lines; the writer's are far shorter. In bytes.
    private static let capacity = 4 << 20

    private let descriptor: Int32
    private let path: String
    private let base: UnsafeMutableRawPointer
    /// The unread bytes.
    private var start = 0
    private var end = 0
    private var isAtEnd = false

    init(path: String) throws(AuditError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw AuditFile.failure("open", path) }
        self.descriptor = descriptor
        self.path = path
        base = UnsafeMutableRawPointer.allocate(byteCount: Self.capacity, alignment: 16)
    }

    /// The next line with its newline; without one, `isComplete` is `false`. The bytes are good until the next call.
    mutating func next() throws(AuditError) -> (bytes: UnsafeRawBufferPointer, isComplete: Bool)? {
        var searched = start
        while true {
            if searched < end, let newline = memchr(base + searched, Int32(UInt8(ascii: "\n")), end - searched) {
                return (take(UnsafeRawPointer(newline) - UnsafeRawPointer(base) + 1), true)
            }
            if isAtEnd || end - start == Self.capacity { return start < end ? (take(end), false) : nil }
            searched = end - start
            try fill()
        }
    }

    private mutating func take(_ limit: Int) -> UnsafeRawBufferPointer {
        defer { start = limit }
        return UnsafeRawBufferPointer(start: base + start, count: limit - start)
    }

    /// Moves the unread rest to the front and reads behind it.
    private mutating func fill() throws(AuditError) {
        memmove(base, base + start, end - start)
        end -= start
        start = 0
        var got = -1
        repeat { got = read(descriptor, base + end, Self.capacity - end) } while got < 0 && errno == EINTR
        guard got >= 0 else { throw AuditFile.failure("read", path) }
        end += got
        isAtEnd = got == 0
    }

    deinit {
        base.deallocate()
        close(descriptor)
    }
}
