internal import CKCMShims
internal import COpenSSL
internal import Glibc
internal import Synchronization

/// Hands out locked memory in size classes, since an mlock of its own for every key costs a page and some 15 µs.
///
/// Chunks of small blocks are never given back: what was locked once stays reserved for keys, and the daemon's need is bounded by its cache.
enum LockedArena {
    private static let chunkSize = 256 * 1024
    /// Blocks of 32, 64, … bytes up to a chunk; larger ones get a mapping of their own, given back at once.
    private static let smallestBlock = 32

    /// An address as a number, so that the free lists are Sendable. Every address is in exactly one list or handed out.
    private struct State {
        var free: [Int: [UInt]] = [:]
        var chunk: UInt = 0
        var chunkEnd: UInt = 0
        var lockedBytes = 0
        var usedBytes = 0
    }

    private static let state = Mutex(State())

    static func blockSize(for count: Int) -> Int {
        if count > chunkSize { return (count + 4095) & ~4095 }
        var size = smallestBlock
        while size < count { size *= 2 }
        return size
    }

    /// Zeroed, locked memory of at least `count` bytes.
    static func allocate(_ count: Int) throws(CryptoError) -> UnsafeMutableRawPointer {
        let size = blockSize(for: count)
        let address: UInt? = state.withLock { state in
            if let block = state.free[size]?.popLast() {
                state.usedBytes += size
                return block
            }
            if size > chunkSize {
                guard let memory = kcm_locked_map(size) else { return nil }
                state.lockedBytes += size
                state.usedBytes += size
                return UInt(bitPattern: memory)
            }
            if state.chunkEnd - state.chunk < UInt(size) {
                guard let memory = kcm_locked_map(chunkSize) else { return nil }
                state.lockedBytes += chunkSize
                // What is left of the old chunk serves smaller blocks.
                while state.chunkEnd - state.chunk >= UInt(smallestBlock) {
                    state.free[smallestBlock, default: []].append(state.chunk)
                    state.chunk += UInt(smallestBlock)
                }
                state.chunk = UInt(bitPattern: memory)
                state.chunkEnd = state.chunk + UInt(chunkSize)
            }
            defer { state.chunk += UInt(size) }
            state.usedBytes += size
            return state.chunk
        }
        guard let address, let pointer = UnsafeMutableRawPointer(bitPattern: address) else {
            throw CryptoError(
                .memory,
                "cannot lock \(size) bytes of memory for keys (errno \(kcm_errno())); raise RLIMIT_MEMLOCK (ulimit -l, or LimitMEMLOCK= in the unit)"
            )
        }
        return pointer
    }

    /// Wipes a block and takes it back.
    static func release(_ pointer: UnsafeMutableRawPointer, _ count: Int) {
        let size = blockSize(for: count)
        OPENSSL_cleanse(pointer, size)
        if size > chunkSize {
            // Kept by its size it would seldom fit again, and clients choose sizes.
            kcm_locked_unmap(pointer, size)
            return state.withLock { state in
                state.lockedBytes -= size
                state.usedBytes -= size
            }
        }
        let address = UInt(bitPattern: pointer)
        state.withLock { state in
            state.free[size, default: []].append(address)
            state.usedBytes -= size
        }
    }

    static var statistics: (locked: Int, used: Int) { state.withLock { ($0.lockedBytes, $0.usedBytes) } }
}
