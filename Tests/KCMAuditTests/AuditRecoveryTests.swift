import Glibc
import Testing
@testable import KCMAudit

@Suite("Audit log after a crash")
struct AuditRecoveryTests {
    let test: TestLog

    init() throws { test = try TestLog() }

    @Test("cut at any place, the log opens, goes on, and verifies")
    func everyCut() throws {
        do {
            let log = try test.open()
            try log.append([test.record(0)])
            try log.append([test.record(1), test.record(2)])
        }
        let whole = try test.bytes()
        let newline = UInt8(ascii: "\n")
        for count in 0...whole.count
        where count % 11 == 0 || count == whole.count || whole[count] == newline || whole[max(count - 2, 0)..<count].contains(newline) {
            try test.write(Array(whole.prefix(count)))
            do {
                let log = try test.open()
                try log.append([test.record(3)])
            }
            let report = try test.verify()
            #expect(report.findings == [], "cut to \(count) bytes")
            let cutsIntoLine = count > 0 && whole[count - 1] != newline
            if cutsIntoLine { #expect(report.counts[.recovered] == 1, "cut to \(count) bytes") }
        }
    }

    @Test("says how many bytes it cut off")
    func note() throws {
        try test.fill()
        let lines = try test.lines()
        // The close is gone, and the last batch has lost its checkpoint and half of an item.
        let torn = Array((lines.prefix(11).joined(separator: "\n") + "\n" + lines[11].prefix(40)).utf8)
        try test.write(torn)
        _ = try test.open()
        let good = lines.prefix(9).joined(separator: "\n").utf8.count + 1
        #expect(try test.lines()[9].contains(#""kind":"recovered","seq":10,"#))
        #expect(try test.lines()[9].contains(#","cut_bytes":\#(torn.count - good),"prev""#))
        #expect(try test.verify().isIntact)
    }

    @Test("pages of zeros at the end, as power loss leaves them, are cut off")
    func zeros() throws {
        try test.fill()
        let good = try test.bytes()
        let text = Array("half of a line\n".utf8)
        for tail in [[UInt8](repeating: 0, count: 4096), [UInt8](repeating: 0, count: 100) + text] {
            try test.write(good + tail)
            _ = try test.open()
            let report = try test.verify()
            #expect(report.findings == [])
            #expect(report.counts[.recovered] == 1)
        }
    }

    @Test("an edited end is refused and left as it is")
    func edited() throws {
        try test.fill()
        let lines = try test.lines()
        var swapped = lines
        swapped.swapAt(10, 11)
        var changed = lines
        changed[11] = changed[11].replacing("Encrypt", with: "Decrypt")
        var resigned = lines
        resigned[13] = resigned[13].replacing("\"seq\":14", with: "\"seq\":15")
        for bad in [swapped, changed, resigned, lines + ["nonsense"], lines + [lines[12]], Array(lines[0..<8] + lines[9...])] {
            try test.write(bad)
            let error = #expect(throws: AuditError(.corrupt, "")) { try test.open() }
            #expect(error?.message.contains("line at byte") == true)
            #expect(try test.lines() == bad)
        }
    }

    @Test("another key's log, and a file that is no log, are refused")
    func foreign() throws {
        try test.fill()
        let other = try TestLog()
        #expect(throws: AuditError(.corrupt, "")) {
            try AuditLog(path: test.path, key: other.key, node: "edge-1", mode: "edge", durability: .write)
        }
        try other.write(["some", "text"])
        #expect(throws: AuditError(.corrupt, "")) { try other.open() }
        try other.write([UInt8](repeating: 0x61, count: 100_000))
        #expect(throws: AuditError(.corrupt, "")) { try other.open() }
    }

    @Test("an end that is longer than a window is found")
    func longBatch() throws {
        do {
            let log = try test.open()
            try log.append((0..<900).map { test.record($0) })
        }
        let whole = try test.bytes()
        #expect(whole.count > 2 * 256 << 10)
        try test.write(Array(whole.dropLast(10)))
        _ = try test.open()
        let report = try test.verify()
        #expect(report.findings == [])
        #expect(report.counts == [.open: 1, .recovered: 1])
    }
}
