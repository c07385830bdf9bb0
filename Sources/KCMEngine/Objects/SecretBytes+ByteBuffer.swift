internal import KCMCrypto
internal import NIOCore

extension SecretBytes {
    /// Copies the readable bytes of a message into locked memory.
    init(copying buffer: ByteBuffer) throws {
        try self.init(count: buffer.readableBytes) { bytes in
            buffer.withUnsafeReadableBytes { bytes.copyMemory(from: $0) }
        }
    }
}
