import Glibc
import Testing
@testable import KCMAudit

@Suite("Audit log that loses its file")
struct AuditHealthTests {
    let test: TestLog

    init() throws { test = try TestLog() }

    @Test("a removed file: refuses, then goes on in a new one that continues the chain", arguments: [AuditDurability.write, .fsync])
    func removed(durability: AuditDurability) throws {
        let log = try test.open(durability)
        try log.append([test.record(0)])
        let before = try test.bytes()
        unlink(test.path)
        #expect(throws: AuditError(.changed, "")) { try log.append([test.record(1)]) }
        #expect(log.isFailing)
        #expect(log.statistics.problem?.contains("was removed") == true)
        #expect(log.statistics.failures == 1)
        _ = try log.maintain()
        #expect(!log.isFailing)
        try log.append([test.record(2)])
        let report = try test.verify()
        #expect(report.findings == [])
        #expect(report.continuesEarlierFile)
        #expect(report.firstSequence == 4)
        // With the file that is missing the log is whole.
        try test.write(before, to: test.path + ".old")
        #expect(try !test.verify([test.path, test.path + ".old"]).continuesEarlierFile)
    }

    @Test("a file that was moved away is ended where it is, and loses nothing")
    func moved() throws {
        let log = try test.open()
        #expect(rename(test.path, test.path + ".moved") == 0)
        try log.append([test.record(0)])
        _ = try log.maintain()
        try log.append([test.record(1)])
        let report = try test.verify([test.path, test.path + ".moved"], expecting: log.lastSequence)
        #expect(report.findings == [])
        #expect(report.counts[.item] == 2)
    }

    @Test("a file that was replaced by an older copy of itself is not gone on with until it is moved away")
    func replaced() throws {
        let log = try test.open()
        let older = try test.bytes()
        try log.append([test.record(0)])
        unlink(test.path)
        try test.write(older)
        for _ in 0..<2 {
            let error = #expect(throws: AuditError(.changed, "")) { try log.maintain() }
            #expect(error?.message.contains("another file") == true)
            #expect(throws: AuditError(.changed, "")) { try log.append([test.record(1)]) }
        }
        #expect(try test.bytes() == older)
        unlink(test.path)
        _ = try log.maintain()
        try log.append([test.record(1)])
        #expect(try test.verify().isIntact)
    }

    @Test("a folder that is gone: refuses until it is there again")
    func noFolder() throws {
        let folder = test.root + "/logs"
        #expect(mkdir(folder, 0o700) == 0)
        let path = folder + "/audit.jsonl"
        let log = try AuditLog(path: path, key: test.key, node: "n", mode: "edge", durability: .write)
        unlink(path)
        rmdir(folder)
        #expect(throws: AuditError(.changed, "")) { try log.append([test.record(0)]) }
        #expect(throws: AuditError(.input, "")) { try log.maintain() }
        #expect(mkdir(folder, 0o700) == 0)
        _ = try log.maintain()
        try log.append([test.record(0)])
        #expect(try test.verify([path]).isIntact)
        unlink(path)
        rmdir(folder)
    }

    @Test("counts records, and changes that have no result")
    func counts() throws {
        let log = try test.open()
        func record(_ trace: String, _ operation: String) -> AuditRecord {
            var record = test.record(0)
            record.traceID = trace
            record.operation = operation
            return record
        }
        try log.append([], intents: [record("a", "Create"), record("a", "Create"), record("b", "Create"), record("a", "Destroy")])
        try log.append([record("a", "Create")])
        var own = record("c", "Maintain")
        own.transport = "internal"
        try log.append([], intents: [own])
        // The same client's trace again: the item before it is not this change's.
        try log.append([], intents: [record("a", "Create")])
        #expect(log.statistics.records == 7)
        let report = try test.verify()
        #expect(report.isIntact)
        #expect(report.changesWithoutResult == 3)
    }
}
