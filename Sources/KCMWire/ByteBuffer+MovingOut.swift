internal import Glibc
public import NIOCore

extension ByteBuffer {
    /// The readable bytes in memory of their own; where they stood they are wiped.
    ///
    /// For buffers that a library keeps and fills again later, with what came last still inside. The caller is the only one who was given
    /// these bytes: whoever else holds the same memory must not read them any more.
    /// - Parameter allocator: makes the new memory.
    public consuming func movingOut(allocator: ByteBufferAllocator) -> ByteBuffer {
        var own = allocator.buffer(capacity: readableBytes)
        own.writeImmutableBuffer(self)
        withUnsafeReadableBytes { bytes in
            // A change through the buffer itself would first make a copy of it, and wipe that.
            guard let start = UnsafeMutableRawPointer(mutating: bytes.baseAddress) else { return }
            explicit_bzero(start, bytes.count)
        }
        return own
    }
}
