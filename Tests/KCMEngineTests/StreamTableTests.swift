import KCMCrypto
import KMIP
import NIOCore
import Testing
@testable import KCMEngine

@Suite("Streams in time and bytes")
struct StreamTableTests {
    private let binding = StreamTable.Binding(tenant: "acme", operation: .hash, object: "")

    private func append(_ table: StreamTable, _ value: ByteBuffer, _ count: Int) throws {
        try table.next(value, binding, bytes: count, isLast: false) { (work) throws(OperationFailure) in
            try (work as? GatheredWork<Int>)?.append(ByteBuffer(repeating: 1, count: count))
        }
    }

    @Test("what is left alone goes, and what takes too long")
    func time() throws {
        var limits = StreamLimits()
        limits.idle = 60_000_000_000
        limits.lifetime = 300_000_000_000
        let table = StreamTable(limits: limits)
        _ = try table.begin(HashWork(.sha256), binding, bytes: 0)
        let now = MonotonicClock.now
        #expect(table.sweep(at: now))
        #expect(table.count == 1)
        #expect(!table.sweep(at: now + 120_000_000_000))
        #expect(table.count == 0)
    }

    @Test("gathered messages are bounded each and together")
    func bytes() throws {
        var limits = StreamLimits()
        limits.gathered = 100
        limits.gatheredPerTenant = 150
        let table = StreamTable(limits: limits)
        func begin() throws -> ByteBuffer { try table.begin(GatheredWork(1, limit: limits.gathered), binding, bytes: 0) }
        let first = try begin()
        try append(table, first, 100)
        #expect(throws: OperationFailure.self) { try append(table, first, 1) }
        #expect(table.count == 0, "it ended")
        let (one, two) = (try begin(), try begin())
        try append(table, one, 90)
        try append(table, two, 60)
        #expect(throws: OperationFailure.self) { try append(table, two, 1) }
        #expect(table.count == 1)
    }

    @Test("a message is bounded")
    func message() throws {
        var limits = StreamLimits()
        limits.message = 10
        let table = StreamTable(limits: limits)
        let value = try table.begin(HashWork(.sha256), binding, bytes: 10)
        #expect(throws: OperationFailure.self) { try table.next(value, binding, bytes: 1, isLast: false) { _ in } }
    }

    @Test("two requests do not work on one stream at the same time")
    func exclusive() throws {
        let table = StreamTable()
        let value = try table.begin(HashWork(.sha256), binding, bytes: 0)
        _ = try table.next(value, binding, bytes: 0, isLast: false) { (_) throws(OperationFailure) in
            #expect(throws: OperationFailure.self) { try table.next(value, binding, bytes: 0, isLast: false) { _ in } }
        }
        try table.next(value, binding, bytes: 0, isLast: true) { _ in }
        #expect(table.count == 0)
    }
}
