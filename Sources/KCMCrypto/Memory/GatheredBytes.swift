internal import COpenSSL

/// Bytes of a message that come in parts and are not to stay behind: grows up to a limit, and every piece of memory it had is wiped.
///
/// Not locked like ``SecretBytes``: it holds messages, not keys. `@unchecked Sendable`: not copyable, and every use that changes it is
/// `mutating`, so one owner at a time touches the memory.
public struct GatheredBytes: ~Copyable, @unchecked Sendable {
    private var memory: UnsafeMutableRawBufferPointer
    /// In bytes.
    public private(set) var count = 0
    private let limit: Int

    /// No bytes; takes up to `limit` of them.
    public init(limit: Int) {
        memory = UnsafeMutableRawBufferPointer(start: nil, count: 0)
        self.limit = limit
    }

    /// Adds bytes at the end.
    /// - Throws: `.length` where the limit is passed; the bytes gathered so far stay.
    public mutating func append(_ bytes: UnsafeRawBufferPointer) throws(CryptoError) {
        guard bytes.count <= limit - count else { throw CryptoError(.length, "the message has more than \(limit) bytes") }
        if bytes.count > memory.count - count {
            let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: min(limit, max(256, 2 * (count + bytes.count))), alignment: 16)
            larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[..<count]))
            Self.release(memory)
            memory = larger
        }
        if bytes.count > 0 { UnsafeMutableRawBufferPointer(rebasing: memory[count...]).copyMemory(from: bytes) }
        count += bytes.count
    }

    /// Reads the bytes in place; the pointer is not to leave `body`.
    public borrowing func withUnsafeBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        try body(UnsafeRawBufferPointer(rebasing: memory[..<count]))
    }

    private static func release(_ memory: UnsafeMutableRawBufferPointer) {
        guard let base = memory.baseAddress else { return }
        OPENSSL_cleanse(base, memory.count)
        memory.deallocate()
    }

    deinit { Self.release(memory) }
}
