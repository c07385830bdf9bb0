import Testing
@testable import KCMCrypto

@Suite("Secret bytes", .serialized)
struct SecretBytesTests {
    @Test("are wiped when their owner lets go", arguments: [20_000, 40_000, 150_000])
    func wiped(count: Int) throws {
        // Tests run side by side, and a block given back is handed out again: one look of five at what nobody took since is enough.
        func peek() throws -> UInt {
            let bytes = try SecretBytes(count: count) { $0.initializeMemory(as: UInt8.self, repeating: 0xa5) }
            return try bytes.withUnsafeBytes { bytes in
                let address = UInt(bitPattern: bytes.baseAddress)
                let seen = try MemoryMap.bytes(at: address, count)
                #expect(seen?.allSatisfy { $0 == 0xa5 } == true)
                return address
            }
        }
        // What was given back to the system is not there any more.
        #expect(try (0..<5).contains { _ in try MemoryMap.bytes(at: peek(), count)?.allSatisfy { $0 == 0 } ?? true })
    }

    @Test("are wiped and given back when filling them throws")
    func throwing() throws {
        struct Stop: Error {}
        func peek() -> UInt {
            var address: UInt = 0
            #expect(throws: Stop.self) {
                _ = try SecretBytes(count: 70_000) {
                    $0.initializeMemory(as: UInt8.self, repeating: 0xa5)
                    address = UInt(bitPattern: $0.baseAddress)
                    throw Stop()
                }
            }
            return address
        }
        #expect(try (0..<5).contains { _ in try MemoryMap.bytes(at: peek(), 70_000)?.allSatisfy { $0 == 0 } ?? true })
    }

    @Test("compare by value")
    func equality() throws {
        let one = try secret([1, 2, 3])
        #expect(one.isEqual(to: try secret([1, 2, 3])))
        #expect(!one.isEqual(to: try secret([1, 2, 4])))
        #expect(!one.isEqual(to: try secret([1, 2])))
        #expect(one.isEqual(to: try one.copy()))
    }

    @Test("live in memory that is locked and stays out of core dumps")
    func locked() throws {
        let bytes = try SecretBytes.random(count: 32)
        let address = bytes.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) }
        let flags = try MemoryMap.flags(at: address)
        #expect(flags.contains("lo"))
        #expect(flags.contains("dd"))
        #expect(flags.contains("wf"))
        #expect(LockedMemory.statistics.locked >= LockedMemory.statistics.used)
        #expect(LockedMemory.statistics.used >= 32)
    }

    @Test("blocks never overlap, from many threads")
    func concurrent() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for seed in 0..<8 {
                group.addTask {
                    for round in 0..<400 {
                        let size = 1 + (round * 37 + seed * 11) % 700
                        let mark = UInt8((round + seed * 31) & 0xff)
                        let one = try SecretBytes(count: size) { $0.initializeMemory(as: UInt8.self, repeating: mark) }
                        let other = try SecretBytes(count: size) { $0.initializeMemory(as: UInt8.self, repeating: ~mark) }
                        #expect(one.withUnsafeBytes { $0.allSatisfy { $0 == mark } })
                        #expect(other.withUnsafeBytes { $0.allSatisfy { $0 == ~mark } })
                    }
                }
            }
            try await group.waitForAll()
        }
    }
}
