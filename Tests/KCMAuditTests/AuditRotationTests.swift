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
        #expect(try test.verify([second, first, test.path]).findings.first?.kind == .continuation)
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
