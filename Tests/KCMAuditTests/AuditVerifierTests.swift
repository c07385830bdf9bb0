import KCMCrypto
import Testing
@testable import KCMAudit

@Suite("Audit verification")
struct AuditVerifierTests {
    let test: TestLog

    init() throws {
        test = try TestLog()
        try test.fill()
    }

    /// Lines: 1 open, 2–4 items, 5 checkpoint, 6–8, 9 checkpoint, 10–12, 13 checkpoint, 14 close.
    private func findings(_ change: (inout [String]) -> Void) throws -> [String] {
        var lines = try test.lines()
        change(&lines)
        try test.write(lines)
        return try test.verify().findings.map { "\($0.line) \($0.kind)" }
    }

    @Test("an edited item shows at the line after it", arguments: [2, 3, 4, 7, 12])
    func editedItem(line: Int) throws {
        #expect(try findings { $0[line - 1] = $0[line - 1].replacing("acme-app", with: "acme-apq") } == ["\(line + 1) edited"])
    }

    @Test("an edited signed line shows at its signature too", arguments: [1, 5, 9])
    func editedSigned(line: Int) throws {
        let found = try findings { $0[line - 1] = $0[line - 1].replacing("edge-1", with: "edge-2") }
        #expect(found == ["\(line) signature", "\(line + 1) edited"])
    }

    @Test("a removed line", arguments: [2, 4, 5, 9, 13])
    func removed(line: Int) throws {
        #expect(try findings { $0.remove(at: line - 1) } == ["\(line) removed"])
    }

    @Test("a removed beginning")
    func removedBeginning() throws {
        #expect(try findings { $0.removeFirst() } == ["1 header"])
        #expect(try findings { $0.removeFirst(3) }.first == "1 header")
    }

    @Test("a signed beginning that follows on nothing")
    func beginningWithoutABefore() throws {
        for (sequence, found) in [(UInt64(0), [AuditFinding.Kind]()), (4, [.removed])] {
            var writer = ChainWriter(position: .init(sequence: sequence, hash: .zero), node: "edge-1", mode: "edge", key: test.key)
            try writer.appendSigned(.open, time: 1)
            try writer.appendSigned(.close, time: 2)
            try test.write(Array(writer.buffer.bytes))
            #expect(try test.verify().findings.map(\.kind) == found)
        }
    }

    @Test("a line that is there twice")
    func inserted() throws {
        #expect(try findings { $0.insert($0[5], at: 6) } == ["7 inserted"])
    }

    @Test("lines that have changed places")
    func reordered() throws {
        #expect(try findings { $0.swapAt(5, 6) } == ["6 removed", "7 inserted", "8 removed"])
    }

    @Test("a line of other text")
    func malformed() throws {
        #expect(try findings { $0[3] = "{}" } == ["4 malformed"])
        #expect(try findings { $0[3] = "" } != [])
    }

    @Test("an edit whose hashes were all computed anew, for which the key is missing")
    func rechained() throws {
        let found = try findings { lines in
            lines[2] = lines[2].replacing("Encrypt", with: "Decrypt")
            for index in 3..<lines.count {
                let before = Array((lines[index - 1] + "\n").utf8).withUnsafeBytes { ChainHash(of: $0).text }
                let start = lines[index].firstRange(of: "\"prev\":\"")?.upperBound ?? lines[index].startIndex
                let end = lines[index].index(start, offsetBy: 64)
                lines[index].replaceSubrange(start..<end, with: before)
            }
        }
        #expect(found == ["5 signature", "9 signature", "13 signature", "14 signature"])
    }

    @Test("another key")
    func otherKey() throws {
        let other = try TestLog()
        let report = try AuditVerifier(key: other.key.verifyingKey).verify(files: [test.path])
        #expect(report.findings.map(\.kind) == Array(repeating: .signature, count: 5))
        #expect(report.lastSignedSequence == nil)
    }

    @Test("an end that was cut off")
    func cut() throws {
        let lines = try test.lines()
        for count in [2, 4, 7, 12] {
            try test.write(Array(lines.prefix(count)))
            #expect(try test.verify().findings.map(\.kind) == [.unsigned])
        }
        try test.write(Array(try test.bytes().dropLast(1)))
        #expect(try test.verify().findings.map(\.kind) == [.incomplete])

        // Behind a checkpoint only the expected sequence tells.
        try test.write(Array(lines.prefix(9)))
        let silent = try test.verify()
        #expect(silent.isIntact)
        #expect(silent.lastSequence == 9)
        #expect(!silent.endsInClose)
        #expect(try test.verify(expecting: 14).findings.map(\.kind) == [.missing])
    }

    @Test("every changed bit of every byte of the file")
    func everyByte() throws {
        let bytes = try test.bytes()
        // A prime step visits all parts of the lines in reasonable time.
        for index in stride(from: 0, to: bytes.count, by: 7) {
            var changed = bytes
            changed[index] ^= 1 << UInt8(index % 7)
            try test.write(changed)
            #expect(try !test.verify().isIntact, "byte \(index)")
        }
    }

    @Test("an empty file, a missing one, and one huge line")
    func odd() throws {
        try test.write([UInt8]())
        #expect(try test.verify().findings.map(\.kind) == [.header])
        #expect(throws: AuditError(.input, "")) { try test.verify([test.path + ".none"]) }
        try test.write([UInt8](repeating: 0x7b, count: 9 << 20))
        #expect(try !test.verify().isIntact)
    }
}
