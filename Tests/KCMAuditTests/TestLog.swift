import Glibc
import KCMCrypto
import Testing
@testable import KCMAudit

/// A log in a folder of its own, removed with it.
final class TestLog: Sendable {
    let root: String
    let path: String
    let key: SigningKey

    init() throws {
        var template = Array("/tmp/kcm-audit-XXXXXX".utf8CString)
        let made = mkdtemp(&template)
        root = String(cString: try #require(made))
        path = root + "/audit.jsonl"
        key = try SigningKey.generate()
    }

    func open(_ durability: AuditDurability = .write) throws(AuditError) -> AuditLog {
        try AuditLog(path: path, key: key, node: "edge-1", mode: "edge", durability: durability) { 1_780_272_000_123_456_789 }
    }

    func verify(_ files: [String]? = nil, expecting sequence: UInt64? = nil) throws -> AuditReport {
        try AuditVerifier(key: key.verifyingKey).verify(files: files ?? [path], expectedSequence: sequence)
    }

    /// Three batches of three items and a close: 14 lines.
    func fill() throws {
        let log = try open()
        for batch in 0..<3 { try log.append((0..<3).map { record(batch * 3 + $0) }) }
        try log.close()
    }

    func record(_ number: Int) -> AuditRecord {
        var record = AuditRecord()
        record.time = 1_780_272_000_000_000_000 + Int64(number)
        record.traceID = "0af7651916cd43dd8448eb211c80319c"
        record.actor = AuditRecord.Actor(
            tenant: "acme", service: "acme-app", roles: ["service"], subject: "CN=acme-app,OU=service,O=acme",
            subjectAlternativeNames: ["URI:spiffe://acme/app"], issuer: "CN=ca", serial: "0a",
            fingerprint: String(repeating: "ab", count: 32)
        )
        record.remoteAddress = "127.0.0.1:40212"
        record.transport = "kmip"
        record.protocolVersion = "1.4"
        record.operation = "Encrypt"
        record.object = "L4-5b1f24a4-0f4b-4d5e-9d3a-\(number)"
        record.level = "L4"
        record.objectType = "SymmetricKey"
        record.resultStatus = "Success"
        record.rule = "service"
        record.duration = 41_000
        return record
    }

    func bytes(_ file: String? = nil) throws -> [UInt8] {
        let handle = try #require(fopen(file ?? path, "r"))
        defer { fclose(handle) }
        var all: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&buffer, 1, buffer.count, handle)
            if count == 0 { return all }
            all += buffer.prefix(count)
        }
    }

    func lines(_ file: String? = nil) throws -> [String] {
        String(decoding: try bytes(file), as: UTF8.self).split(separator: "\n").map(String.init)
    }

    func write(_ bytes: [UInt8], to file: String? = nil) throws {
        let handle = try #require(fopen(file ?? path, "w"))
        defer { fclose(handle) }
        #expect(fwrite(bytes, 1, bytes.count, handle) == bytes.count)
    }

    func write(_ lines: [String]) throws { try write(Array(lines.map { $0 + "\n" }.joined().utf8)) }

    deinit {
        if let folder = opendir(root) {
            while let entry = readdir(folder) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                unlink("\(root)/\(name)")
            }
            closedir(folder)
        }
        rmdir(root)
    }
}
