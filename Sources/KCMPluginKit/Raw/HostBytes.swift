internal import CKCMPlugin
internal import Glibc

/// What the host passes into one call, each piece in a block of exactly its size, so that a read beyond it can be seen.
/// Afterwards the blocks are overwritten: a plugin that kept a pointer reads nonsense.
final class HostBytes {
    private var blocks: [UnsafeMutableRawBufferPointer] = []

    /// A copy of `bytes`; data is NULL where they are empty.
    func copy(_ bytes: [UInt8]) -> kcm_bytes {
        guard !bytes.isEmpty else { return kcm_bytes(data: nil, size: 0) }
        let block = block(bytes.count)
        block.copyBytes(from: bytes)
        return kcm_bytes(data: UnsafePointer(block.baseAddress?.assumingMemoryBound(to: UInt8.self)), size: UInt64(bytes.count))
    }

    /// A NUL-terminated copy.
    func text(_ text: String) -> UnsafePointer<CChar>? {
        let bytes = Array(text.utf8) + [0]
        let block = block(bytes.count)
        block.copyBytes(from: bytes)
        return UnsafePointer(block.baseAddress?.assumingMemoryBound(to: CChar.self))
    }

    /// A copy of an array of structs; `nil` where it is empty.
    func array<T: BitwiseCopyable>(_ items: [T]) -> UnsafeMutablePointer<T>? {
        guard !items.isEmpty else { return nil }
        let block = block(items.count * MemoryLayout<T>.stride)
        let pointer = block.baseAddress?.bindMemory(to: T.self, capacity: items.count)
        pointer?.initialize(from: items, count: items.count)
        return pointer
    }

    private func block(_ size: Int) -> UnsafeMutableRawBufferPointer {
        let block = UnsafeMutableRawBufferPointer(start: malloc(size), count: size)
        blocks.append(block)
        return block
    }

    deinit {
        for block in blocks {
            if let start = block.baseAddress { memset(start, 0xDD, block.count) }
            free(block.baseAddress)
        }
    }
}
