import Glibc
import Testing
@testable import KCMAudit

@Suite("Audit log")
struct AuditLogTests {
    let test: TestLog

    init() throws { test = try TestLog() }

    @Test("begins with open, ends batches with checkpoints, and verifies")
    func chain() throws {
        try test.fill()
        let report = try test.verify(expecting: 14)
        #expect(report.findings == [])
        #expect(report.counts == [.open: 1, .item: 9, .checkpoint: 3, .close: 1])
        #expect(report.firstSequence == 1)
        #expect(report.lastSequence == 14)
        #expect(report.lastSignedSequence == 14)
        #expect(report.endsInClose)
        #expect(!report.continuesEarlierFile)
        var status = stat()
        #expect(stat(test.path, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
    }

    @Test("an item has the fields of the design, in order")
    func item() throws {
        let log = try test.open()
        var record = test.record(7)
        record.via = AuditRecord.Actor(
            tenant: "", service: "edge", roles: ["edge", "x"], subject: "CN=edge", subjectAlternativeNames: [], issuer: "CN=ca",
            serial: "0b", fingerprint: "cd"
        )
        record.resultReason = "Sensitive"
        record.duration = -5
        try log.append([record])
        let line = try test.lines()[1]
        let actor =
            #""tenant":"acme","service":"acme-app","roles":["service"],"subject":"CN=acme-app,OU=service,O=acme","#
            + #""san":["URI:spiffe://acme/app"],"issuer":"CN=ca","serial":"0a","fingerprint":"\#(String(repeating: "ab", count: 32))""#
        let via =
            #""via":{"tenant":"","service":"edge","roles":["edge","x"],"subject":"CN=edge","san":[],"issuer":"CN=ca","#
            + #""serial":"0b","fingerprint":"cd"}"#
        let head =
            #"{"v":1,"kind":"item","seq":2,"time":"2026-06-01T00:00:00.000000007Z","node":"edge-1","mode":"edge","#
            + #""trace":"0af7651916cd43dd8448eb211c80319c","#
        let rest =
            #","remote":"127.0.0.1:40212","transport":"kmip","protocol":"1.4","operation":"Encrypt","#
            + #""object":"L4-5b1f24a4-0f4b-4d5e-9d3a-7","level":"L4","type":"SymmetricKey","served_by":"local","status":"Success","#
            + #""reason":"Sensitive","rule":"service","duration_ns":-5,"prev":""#
        #expect(line.hasPrefix(head + actor + "," + via + rest))
    }

    @Test("what a peer sends cannot break out of its field")
    func escaping() throws {
        let log = try test.open()
        var record = AuditRecord()
        record.object = "a\"b\\c\nd\u{0}e\u{1f}\u{7f}é\u{1F511}\",\"prev\":\"\"}\n{\"v\":1"
        try log.append([record])
        let lines = try test.lines()
        #expect(lines.count == 3)
        #expect(lines[1].contains(#""object":"a\"b\\c\u000ad\u0000e\u001f\u007fé🔑\",\"prev\":\"\"}\u000a{\"v\":1","#))
        #expect(!lines[1].contains("tenant"))
        #expect(try test.verify().isIntact)
    }

    @Test(
        "times before 1970, now and far ahead are written as RFC 3339",
        arguments: [
            (Int64(-1), "1969-12-31T23:59:59.999999999Z"), (0, "1970-01-01T00:00:00.000000000Z"),
            (1_795_518_733_123_456_789, "2026-11-24T11:12:13.123456789Z"), (Int64.max, "2262-04-11T23:47:16.854775807Z"),
        ])
    func times(nanoseconds: Int64, text: String) {
        var buffer = LineBuffer()
        for _ in 0..<2 {
            buffer.append(time: nanoseconds)
            #expect(String(decoding: buffer.bytes, as: UTF8.self) == "\"\(text)\"")
            buffer.removeAll()
        }
    }

    @Test("numbers of every length", arguments: [0, 9, 10, 99, 100, 12_345_678_901, UInt64.max / 2, UInt64.max])
    func numbers(number: UInt64) {
        var buffer = LineBuffer(capacity: 1)
        buffer.append(decimal: number)
        #expect(String(decoding: buffer.bytes, as: UTF8.self) == "\(number)")
    }

    @Test("goes on after it was closed, and after it was not")
    func resume() throws {
        try test.fill()
        do {
            let log = try test.open()
            try log.append([test.record(9)])
        }
        _ = try test.open(.fsync)
        let report = try test.verify()
        #expect(report.findings == [])
        #expect(report.counts[.resume] == 2)
        #expect(report.lastSequence == 18)
        #expect(!report.endsInClose)
    }

    @Test("a closed log takes nothing more; an empty batch writes nothing")
    func closed() throws {
        let log = try test.open()
        try log.append([])
        #expect(log.lastSequence == 1)
        try log.close()
        #expect(throws: AuditError(.closed, "")) { try log.append([test.record(0)]) }
        #expect(throws: AuditError(.closed, "")) { try log.close() }
        #expect(try test.verify().isIntact)
    }

    @Test("has one writer")
    func locked() throws {
        let log = try test.open()
        #expect(throws: AuditError(.locked, "")) { try test.open() }
        try log.append([test.record(0)])
        #expect(try test.verify().isIntact)
    }

    @Test("four threads at once give one chain")
    func concurrent() async throws {
        let log = try test.open()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for thread in 0..<4 {
                group.addTask {
                    for batch in 0..<50 { try log.append((0...batch % 3).map { test.record(thread * 1000 + batch * 3 + $0) }) }
                }
            }
            try await group.waitForAll()
        }
        let report = try test.verify(expecting: log.lastSequence)
        #expect(report.findings == [])
        #expect(report.counts[.checkpoint] == 200)
        #expect(report.counts[.item] == 4 * (17 * 1 + 17 * 2 + 16 * 3))
    }

    @Test("refuses to write where its file was removed or changed under it")
    func changed() throws {
        let log = try test.open()
        let bytes = try test.bytes()
        try test.write(bytes + [0x20])
        #expect(throws: AuditError(.changed, "")) { try log.append([test.record(0)]) }
        try test.write(bytes)
        try log.append([test.record(0)])
        unlink(test.path)
        #expect(throws: AuditError(.changed, "")) { try log.append([test.record(1)]) }
    }

    @Test("a folder, a device and a symbolic link are no logs")
    func noFile() throws {
        for path in [test.root, "/dev/null", "/nonexistent/audit.jsonl"] {
            #expect(throws: AuditError(.input, "")) {
                try AuditLog(path: path, key: test.key, node: "n", mode: "core", durability: .write)
            }
        }
        try test.write([UInt8]())
        #expect(symlink(test.path, test.root + "/link") == 0)
        #expect(throws: AuditError(.input, "")) {
            try AuditLog(path: test.root + "/link", key: test.key, node: "n", mode: "core", durability: .write)
        }
    }

    @Test("a full disk refuses the batch whole, and the log goes on once there is room")
    func noSpace() async {
        // A process of its own, for the limit and the signal are the whole process's.
        await #expect(processExitsWith: .success) {
            signal(SIGXFSZ, SIG_IGN)
            let test = try TestLog()
            let log = try test.open()
            try log.append([test.record(0)])
            let before = try test.bytes()
            var limit = rlimit(rlim_cur: rlim_t(before.count + 700), rlim_max: rlim_t.max)
            precondition(setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
            for _ in 0..<3 {
                do {
                    try log.append((0..<4).map { test.record($0) })
                    preconditionFailure("the batch does not fit")
                } catch { precondition(error as? AuditError == AuditError(.input, "")) }
                let after = try test.bytes()
                precondition(after == before)
            }
            limit.rlim_cur = rlim_t.max
            precondition(setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
            try log.append([test.record(1)])
            let report = try test.verify(expecting: 5)
            precondition(report.isIntact && report.lastSequence == 5)
        }
    }
}
