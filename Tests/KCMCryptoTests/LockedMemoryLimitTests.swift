import Synchronization
import Testing

@testable import KCMCrypto

@Suite("The limit on locked memory")
struct LockedMemoryLimitTests {
    private static let chunk = LockedArena.chunkSize

    @Test("fails with an error that says what to raise, and is over when memory comes back")
    func limit() throws {
        let arena = LockedArena(limit: 4 * Self.chunk)
        var held = try (0..<4).map { _ in try arena.allocate(Self.chunk) }
        #expect {
            _ = try arena.allocate(32)
        } throws: { error in
            guard let error = error as? CryptoError else { return false }
            return error.code == .lockedMemory && error.message.contains("limits.locked_memory")
                && error.message.contains("\(4 * Self.chunk) are allowed")
        }
        #expect(arena.statistics == LockedMemory.Statistics(locked: 4 * Self.chunk, used: 4 * Self.chunk, limit: 4 * Self.chunk, shortages: 1))
        arena.release(held.removeLast(), Self.chunk)
        let block = try arena.allocate(32)
        arena.release(block, 32)
        for block in held { arena.release(block, Self.chunk) }
        #expect(arena.statistics.used == 0)
        #expect(arena.statistics.locked <= Self.chunk, "one chunk is kept for the next key")
    }

    @Test("holds for values with a mapping of their own, too")
    func largeValues() throws {
        let arena = LockedArena(limit: 4 * Self.chunk)
        let large = try arena.allocate(3 * Self.chunk)
        #expect(throws: CryptoError(.lockedMemory, "")) { try arena.allocate(2 * Self.chunk) }
        let small = try arena.allocate(32)
        arena.release(large, 3 * Self.chunk)
        let next = try arena.allocate(3 * Self.chunk)
        arena.release(next, 3 * Self.chunk)
        arena.release(small, 32)
        // The empty chunk makes way.
        arena.release(try arena.allocate(4 * Self.chunk), 4 * Self.chunk)
        #expect(arena.statistics.used == 0)
    }

    @Test("lets what small keys gave back serve large ones")
    func joins() throws {
        let arena = LockedArena(limit: 2 * Self.chunk)
        for size in [32, 4096, 100, 65_536, 32, 200_000] {
            let rounded = LockedArena.blockSize(for: size)
            let blocks = try (0..<2 * Self.chunk / rounded).map { _ in try arena.allocate(size) }
            #expect(arena.statistics.used == 2 * Self.chunk)
            #expect(throws: CryptoError(.lockedMemory, "")) { try arena.allocate(1) }
            for block in blocks.shuffled() { arena.release(block, size) }
            #expect(arena.statistics.used == 0)
        }
    }

    @Test("asks for memory back first, with no lock held, as long as there is some")
    func reclaims() throws {
        final class Cache: Sendable {
            let blocks = Mutex<[LockedArena.Block]>([])
            let asked = Atomic(0)
        }
        let arena = LockedArena(limit: 2 * Self.chunk)
        let cache = Cache()
        for _ in 0..<16 {
            let block = try arena.allocate(32_768)
            cache.blocks.withLock { $0.append(block) }
        }
        arena.setReclaimer { [unowned arena] wanted in
            cache.asked.add(1, ordering: .relaxed)
            #expect(wanted == 65_536)
            guard let block = cache.blocks.withLock({ $0.popLast() }) else { return false }
            // Comes back into the arena while it is being asked.
            arena.release(block, 32_768)
            return true
        }
        let one = try arena.allocate(65_536)
        #expect((2...16).contains(cache.asked.load(ordering: .relaxed)))
        #expect(arena.statistics.shortages == 0)
        var others: [LockedArena.Block] = []
        #expect(throws: CryptoError(.lockedMemory, "")) { while others.count < 100 { others.append(try arena.allocate(65_536)) } }
        #expect(cache.blocks.withLock { $0.isEmpty }, "it fails only when there is nothing left to let go")
        #expect(others.count == 7)
        for block in others + [one] { arena.release(block, 65_536) }
    }

    @Test("is sensible, or refused")
    func bound() {
        #expect {
            try LockedMemory.bound(to: 4096)
        } throws: { ($0 as? CryptoError)?.code == .lockedMemory && "\($0)".contains("\(LockedMemory.minimum)") }
    }

    @Test("blocks of all sizes never overlap, and are zero when they come", arguments: [1, 2])
    func fuzz(seed: UInt64) throws {
        var random = Steps(state: seed)
        let arena = LockedArena(limit: 8 * Self.chunk)
        var held: [(block: LockedArena.Block, size: Int, mark: UInt8)] = []
        for step in 0..<4000 {
            if held.count > 60 || random.next() % 3 == 0, !held.isEmpty {
                let one = held.remove(at: Int(random.next() % UInt64(held.count)))
                let bytes = UnsafeRawBufferPointer(start: one.block.start, count: one.size)
                #expect(bytes.first == one.mark && bytes.last == one.mark && bytes[one.size / 2] == one.mark)
                arena.release(one.block, one.size)
            } else {
                let size = 1 + Int(random.next() % (1 << (random.next() % 17)))
                guard let block = try? arena.allocate(size) else { continue }
                let bytes = UnsafeMutableRawBufferPointer(start: block.start, count: size)
                #expect(bytes.first == 0 && bytes.last == 0 && bytes[size / 2] == 0)
                let mark = UInt8(truncatingIfNeeded: step) | 1
                bytes.initializeMemory(as: UInt8.self, repeating: mark)
                held.append((block, size, mark))
            }
        }
        for one in held { arena.release(one.block, one.size) }
        #expect(arena.statistics.used == 0 && arena.statistics.locked <= Self.chunk)
    }

    private struct Steps: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state >> 33
        }
    }
}
