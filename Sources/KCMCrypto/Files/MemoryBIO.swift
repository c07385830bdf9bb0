internal import COpenSSL

/// OpenSSL's memory stream; what it holds is wiped when it is freed.
struct MemoryBIO: ~Copyable {
    let pointer: OpaquePointer

    /// An empty stream to write to.
    init() throws(CryptoError) {
        guard let pointer = BIO_new(BIO_s_mem()) else { throw CryptoError(.memory, "no memory for a stream") }
        self.pointer = pointer
    }

    /// Reads from `bytes`, which outlive the stream.
    init(reading bytes: UnsafeRawBufferPointer) throws(CryptoError) {
        guard bytes.count < Int(Int32.max), let pointer = BIO_new_mem_buf(bytes.baseAddress, Int32(bytes.count)) else {
            throw CryptoError(.memory, "no memory for a stream")
        }
        self.pointer = pointer
    }

    /// What has been written and not read.
    func withUnsafeBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        var start: UnsafeMutableRawPointer?
        let count = BIO_ctrl(pointer, BIO_CTRL_INFO, 0, &start)
        return try body(UnsafeRawBufferPointer(start: UnsafeRawPointer(start), count: start == nil ? 0 : count))
    }

    /// What has been written, as text.
    func text() -> String { withUnsafeBytes { String(decoding: $0, as: UTF8.self) } }

    deinit { BIO_free(pointer) }
}
