internal import CKCMShims
internal import COpenSSL
internal import Synchronization

/// Hands out locked memory in blocks of 32, 64, … bytes out of chunks, since an mlock of its own for every key costs a page and some 15 µs.
///
/// Never locks more than its limit. Where that or the system's limit is reached, the reclaimer is asked to let something go, with no lock
/// held, and the request fails only when it has nothing left. Any thread.
final class LockedArena: Sendable {
    /// The one that all keys of the process live in.
    static let shared = LockedArena()

    static let chunkSize = 256 * 1024
    private static let smallestBlock = 32
    private static let chunkOrder = (chunkSize / smallestBlock).trailingZeroBitCount
    private static let freshChunk = BuddyChunk(order: chunkOrder)
    /// Enough for a reclaimer that gives up an eighth of what it has at a time.
    private static let maximumRounds = 64

    /// Memory that is handed out.
    struct Block: @unchecked Sendable {
        /// Belongs to whoever holds the block, until it is released.
        let start: UnsafeMutableRawPointer
        /// The chunk that it is part of; `nil` for a mapping of its own.
        fileprivate let chunk: Int32?
    }

    private enum Shortage: Error { case limit(locked: Int), system(errno: Int32) }

    /// Chunks by address, as numbers so that they are Sendable.
    private struct State {
        var bases: [UInt] = []
        var chunks: [BuddyChunk] = []
        /// What each chunk has room for, side by side for the search; 0 for a chunk that was given back to the system.
        var rooms: [UInt8] = []
        var emptyChunks = 0
        var limit = Int.max
        var locked = 0
        var used = 0
        var shortages = 0
        var reclaim: (@Sendable (Int) -> Bool)?

        mutating func take(_ size: Int) -> Result<Block, Shortage> {
            if size > LockedArena.chunkSize {
                return map(size).map { Block(start: $0, chunk: nil) }
            }
            let order = LockedArena.order(of: size)
            // The first chunk with room, so that the last ones become empty.
            var index = rooms.firstIndex { $0 > order }
            if index == nil {
                switch map(LockedArena.chunkSize) {
                case .failure(let shortage): return .failure(shortage)
                case .success(let memory): index = add(UInt(bitPattern: memory))
                }
            }
            guard let index, let unit = chunks[index].take(order), let base = UnsafeMutableRawPointer(bitPattern: bases[index]) else {
                preconditionFailure("a chunk of locked memory has less room than it says")
            }
            if rooms[index] == LockedArena.chunkOrder + 1 { emptyChunks -= 1 }
            rooms[index] = chunks[index].room
            used += size
            return .success(Block(start: base + unit * LockedArena.smallestBlock, chunk: Int32(index)))
        }

        private mutating func add(_ base: UInt) -> Int {
            emptyChunks += 1
            let chunk = LockedArena.freshChunk
            if let gap = bases.firstIndex(of: 0) {
                (bases[gap], chunks[gap], rooms[gap]) = (base, chunk, chunk.room)
                return gap
            }
            bases.append(base)
            chunks.append(chunk)
            rooms.append(chunk.room)
            return bases.count - 1
        }

        /// Locks memory within the limit; empty chunks make way for it.
        private mutating func map(_ size: Int) -> Result<UnsafeMutableRawPointer, Shortage> {
            if size > limit - locked { dropEmptyChunks(keeping: 0) }
            guard size <= limit - locked else { return .failure(.limit(locked: locked)) }
            var memory = kcm_locked_map(size)
            let error = kcm_errno()
            if memory == nil, emptyChunks > 0 {
                dropEmptyChunks(keeping: 0)
                memory = kcm_locked_map(size)
            }
            guard let memory else { return .failure(.system(errno: error)) }
            locked += size
            if size > LockedArena.chunkSize { used += size }
            return .success(memory)
        }

        mutating func give(_ address: UInt, _ size: Int, _ chunk: Int) {
            used -= size
            chunks[chunk].give(Int(address - bases[chunk]) / LockedArena.smallestBlock, LockedArena.order(of: size))
            rooms[chunk] = chunks[chunk].room
            guard chunks[chunk].isEmpty else { return }
            emptyChunks += 1
            // One stays, or a single key that comes and goes would lock a chunk each time.
            dropEmptyChunks(keeping: 1)
        }

        private mutating func dropEmptyChunks(keeping kept: Int) {
            var index = rooms.count
            while emptyChunks > kept, index > 0 {
                index -= 1
                guard rooms[index] == LockedArena.chunkOrder + 1, let base = UnsafeMutableRawPointer(bitPattern: bases[index]) else { continue }
                kcm_locked_unmap(base, LockedArena.chunkSize)
                bases[index] = 0
                rooms[index] = 0
                emptyChunks -= 1
                locked -= LockedArena.chunkSize
            }
        }
    }

    private let state: Mutex<State>

    /// - Parameter limit: the most bytes to lock; for none, the system's limit alone holds.
    init(limit: Int = .max) {
        var state = State()
        state.limit = limit
        self.state = Mutex(state)
    }

    /// The bytes that `count` bytes take.
    static func blockSize(for count: Int) -> Int {
        if count > chunkSize { return (count + 4095) & ~4095 }
        return smallestBlock << order(of: count)
    }

    private static func order(of count: Int) -> Int {
        count <= smallestBlock ? 0 : Int.bitWidth - ((count - 1) / smallestBlock).leadingZeroBitCount
    }

    func setLimit(_ bytes: Int) { state.withLock { $0.limit = bytes } }

    /// - Parameter reclaim: lets go of what holds about so many bytes; says whether there was anything.
    func setReclaimer(_ reclaim: @escaping @Sendable (Int) -> Bool) { state.withLock { $0.reclaim = reclaim } }

    /// Zeroed, locked memory of at least `count` bytes.
    /// - Throws: `CryptoError` `.lockedMemory`, which says which limit to raise.
    func allocate(_ count: Int) throws(CryptoError) -> Block {
        let size = Self.blockSize(for: count)
        var rounds = 0
        while true {
            switch state.withLock({ $0.take(size) }) {
            case .success(let block): return block
            case .failure(let shortage):
                let reclaim = state.withLock { $0.reclaim }
                rounds += 1
                // What is reclaimed comes back through `release`: no lock may be held here.
                if rounds <= Self.maximumRounds, let reclaim, reclaim(size) { continue }
                state.withLock { $0.shortages += 1 }
                throw error(shortage, size)
            }
        }
    }

    private func error(_ shortage: Shortage, _ size: Int) -> CryptoError {
        switch shortage {
        case .limit(let locked):
            CryptoError(
                .lockedMemory,
                "cannot lock \(size) bytes more for keys: \(locked) bytes are locked, and \(statistics.limit ?? locked) are allowed; "
                    + "raise limits.locked_memory, or RLIMIT_MEMLOCK where that is lower"
            )
        case .system(let errno):
            CryptoError(
                .lockedMemory,
                "cannot lock \(size) bytes of memory for keys (errno \(errno)); raise RLIMIT_MEMLOCK (ulimit -l, or LimitMEMLOCK= in the unit)"
            )
        }
    }

    /// Wipes a block and takes it back.
    /// - Parameter count: as it was asked for.
    func release(_ block: Block, _ count: Int) {
        let size = Self.blockSize(for: count)
        OPENSSL_cleanse(block.start, size)
        if let chunk = block.chunk {
            let address = UInt(bitPattern: block.start)
            return state.withLock { $0.give(address, size, Int(chunk)) }
        }
        // Kept by its size it would seldom fit again, and clients choose sizes.
        kcm_locked_unmap(block.start, size)
        state.withLock { state in
            state.locked -= size
            state.used -= size
        }
    }

    var statistics: LockedMemory.Statistics {
        state.withLock { state in
            LockedMemory.Statistics(
                locked: state.locked, used: state.used, limit: state.limit == .max ? nil : state.limit, shortages: state.shortages)
        }
    }
}
