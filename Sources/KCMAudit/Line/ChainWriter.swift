internal import KCMCrypto

/// Turns records into chained lines. Holds no file: what it wrote counts only once the file has taken it, else the caller goes back
/// to an earlier ``Position``.
struct ChainWriter: ~Copyable {
    /// Where the chain stands.
    struct Position: Sendable, Equatable {
        /// Of the last line; 0 before the first.
        var sequence: UInt64
        /// Hash of the last line.
        var hash: ChainHash
    }

    var position: Position
    var buffer = LineBuffer()
    private let node: String
    private let mode: String
    /// Signs.
    private(set) var key: SigningKey

    init(position: Position, node: String, mode: String, key: SigningKey) {
        self.position = position
        self.node = node
        self.mode = mode
        self.key = key
    }

    mutating func append(_ record: AuditRecord, as kind: AuditKind) {
        let start = begin(kind, record.time)
        buffer.appendFields(of: record)
        appendPrevious()
        finish(start)
    }

    /// A signed line of a kind other than `item`.
    /// - Parameters:
    ///   - cut: bytes that recovery cut off.
    ///   - next: of a change of keys: the key that verifies what follows.
    mutating func appendSigned(_ kind: AuditKind, time: Int64, cut: Int64? = nil, next: VerifyingKey? = nil) throws(AuditError) {
        let start = begin(kind, time)
        if kind == .open || kind == .resume || kind == .recovered {
            buffer.appendName(AuditField.key)
            buffer.append(string: key.verifyingKey.fingerprint)
        }
        if let cut {
            buffer.appendName(AuditField.cut)
            buffer.append(decimal: cut)
        }
        if let next {
            buffer.appendName(AuditField.nextKey)
            buffer.append(UInt8(ascii: "\""))
            next.rawBytes.withUnsafeBytes { buffer.append(hexadecimal: $0) }
            buffer.append(UInt8(ascii: "\""))
        }
        appendPrevious()
        let signature: [UInt8]
        do throws(CryptoError) { signature = try AuditSignature.sign(buffer.bytes(from: start), with: key) } catch {
            throw AuditError(.signing, "the audit log could not be signed: \(error.message)")
        }
        buffer.appendName(AuditField.signature)
        buffer.append(UInt8(ascii: "\""))
        signature.withUnsafeBytes { buffer.append(hexadecimal: $0) }
        buffer.append(UInt8(ascii: "\""))
        finish(start)
    }

    /// Names the new key under the old one's signature, and signs with the new one from here on.
    mutating func changeKey(to key: SigningKey, time: Int64) throws(AuditError) {
        try appendSigned(.keyChange, time: time, next: key.verifyingKey)
        self.key = key
    }

    /// Takes back what was appended since `position` and was not written.
    mutating func rewind(to position: Position, key: SigningKey) {
        self.position = position
        self.key = key
    }

    private mutating func begin(_ kind: AuditKind, _ time: Int64) -> Int {
        let start = buffer.count
        buffer.append("{\"v\":1,\"kind\":\"" as StaticString)
        buffer.append(kind.name)
        buffer.append(UInt8(ascii: "\""))
        buffer.appendName(AuditField.sequence)
        buffer.append(decimal: position.sequence + 1)
        buffer.appendName(AuditField.time)
        buffer.append(time: time)
        buffer.appendName(AuditField.node)
        buffer.append(string: node)
        buffer.appendName(AuditField.mode)
        buffer.append(string: mode)
        return start
    }

    private mutating func appendPrevious() {
        buffer.appendName(AuditField.previous)
        buffer.append(UInt8(ascii: "\""))
        position.hash.withUnsafeBytes { buffer.append(hexadecimal: $0) }
        buffer.append(UInt8(ascii: "\""))
    }

    private mutating func finish(_ start: Int) {
        buffer.append("}\n" as StaticString)
        position.sequence += 1
        position.hash = ChainHash(of: buffer.bytes(from: start))
    }
}
