import KCMCrypto
import Testing
@testable import KCMAudit

@Suite("Audit log with a new key")
struct AuditKeyChangeTests {
    let test: TestLog
    let next: SigningKey

    init() throws {
        test = try TestLog()
        next = try SigningKey.generate()
        let log = try test.open()
        try log.append([test.record(0)])
        try log.changeKey(to: next)
        try log.append([test.record(1)])
        try log.close()
    }

    private func open(_ key: SigningKey) throws(AuditError) -> AuditLog {
        try AuditLog(path: test.path, key: key, node: "edge-1", mode: "edge", durability: .write)
    }

    private func verify(_ keys: [SigningKey]) throws -> AuditReport {
        try AuditVerifier(keys: keys.map(\.verifyingKey)).verify(files: [test.path])
    }

    @Test("verifies from the first key on, over two changes and a rotation")
    func followed() throws {
        let third = try SigningKey.generate()
        let log = try open(next)
        let archive = try log.rotate()
        try log.changeKey(to: third)
        try log.close()
        let report = try test.verify([test.path, archive])
        #expect(report.findings == [])
        #expect(report.keyChanges.map(\.fingerprint) == [next.verifyingKey.fingerprint, third.verifyingKey.fingerprint])
        #expect(report.keyChanges.first?.sequence == 4)
    }

    @Test("several keys admit no other")
    func pinned() throws {
        #expect(try verify([test.key, next]).findings == [])
        #expect(try verify([next, test.key]).findings == [])
        let other = try SigningKey.generate()
        #expect(try verify([test.key, other]).findings.first?.kind == .key)
    }

    @Test("the second key alone does not verify what the first signed")
    func second() throws {
        #expect(try verify([next]).findings.map(\.kind) == [.signature, .signature, .signature])
    }

    @Test("the old key does not open the log any more, the new one does, also where the end is torn behind the change")
    func opening() throws {
        let error = #expect(throws: AuditError(.corrupt, "")) { try test.open() }
        #expect(error?.message.contains("another key") == true)
        let lines = try test.lines()
        try test.write(Array(lines.prefix(4)))
        #expect(throws: AuditError(.corrupt, "")) { try test.open() }
        try open(next).close()
        #expect(try verify([test.key]).findings == [])
    }

    @Test("a key that no line names, and one that an edited line names")
    func forged() throws {
        let lines = try test.lines()
        let other = try SigningKey.generate()
        let digits = other.verifyingKey.rawBytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        let start = try #require(lines[3].firstRange(of: "next_key\":\"")?.upperBound)
        var changed = lines
        changed[3].replaceSubrange(start..<lines[3].index(start, offsetBy: 64), with: digits)
        try test.write(changed)
        #expect(try verify([test.key]).findings.first?.kind == .signature)
        // Without the line: removed, and signatures that no trusted key made.
        try test.write(Array(lines[0..<3] + lines[4...]))
        #expect(try verify([test.key]).findings.map(\.kind).contains(.signature))
        #expect(try verify([test.key, next]).findings.map(\.kind) == [.removed, .key])
    }

    @Test("the raw form of a public key")
    func raw() throws {
        #expect(try VerifyingKey(rawBytes: next.verifyingKey.rawBytes).fingerprint == next.verifyingKey.fingerprint)
        #expect(throws: CryptoError.self) { try VerifyingKey(rawBytes: [1, 2, 3]) }
    }
}
