import Glibc
import Testing
@testable import KCMAudit

@Suite("Audit log rotation")
struct AuditRotationTests {
    let test: TestLog

    init() throws { test = try TestLog() }

    @Test("keeps the chain over files")
    func rotation() throws {
        let log = try test.open()
        try log.append([test.record(0)])
        let first = try log.rotate()
        try log.append([test.record(1)])
        let second = try log.rotate()
        try log.append([test.record(2)])
        try log.close()
        #expect(first == test.path + ".4")
        let report = try test.verify([first, second, test.path], expecting: log.lastSequence)
        #expect(report.findings == [])
        #expect(report.counts == [.open: 3, .item: 3, .checkpoint: 3, .rotate: 2, .close: 1])

        let alone = try test.verify([second, test.path])
        #expect(alone.isIntact)
        #expect(alone.continuesEarlierFile)
        #expect(try test.verify([first, test.path]).findings.map(\.kind) == [.continuation])
        #expect(try test.verify([test.path, second, first]) == report)
    }

    @Test("comes with size and age, and not before there is something in the file")
    func due() throws {
        let log = try test.open()
        #expect(try log.maintain(AuditRotation(size: 1, age: 0)) == nil)
        try log.append([test.record(0)])
        #expect(try log.maintain(AuditRotation(size: log.statistics.bytes + 1, age: 1 << 40)) == nil)
        #expect(try log.maintain(AuditRotation(size: log.statistics.bytes)) == test.path + ".4")
        try log.append([test.record(1)])
        #expect(try log.maintain(AuditRotation(age: 0)) == test.path + ".8")
        #expect(log.statistics.rotations == 2)
        #expect(log.statistics.sequence == 9)
        #expect(try test.verify([test.path, test.path + ".8", test.path + ".4"], expecting: 9).isIntact)
    }

    @Test("counts the age from the file's first line, over restarts")
    func age() throws {
        try test.fill()
        let began: Int64 = 1_780_272_000_123_456_789
        let log = try AuditLog(path: test.path, key: test.key, node: "edge-1", mode: "edge", durability: .write) { began + 1000 }
        #expect(try log.maintain(AuditRotation(age: 1001)) == nil)
        #expect(try log.maintain(AuditRotation(age: 1000)) != nil)
    }

    @Test("that a crash broke off is taken back")
    func crash() throws {
        do {
            let log = try test.open()
            let archive = try log.rotate()
            // As if the process had died between the two names: the log still has its old file, and a new one lies beside it.
            #expect(rename(test.path, test.path + ".next") == 0)
            #expect(link(archive, test.path) == 0)
        }
        do {
            let log = try test.open()
            try log.append([test.record(0)])
            #expect(access(test.path + ".next", F_OK) != 0)
            #expect(access(test.path + ".2", F_OK) != 0)
        }
        #expect(try test.verify().findings == [])
    }
}
