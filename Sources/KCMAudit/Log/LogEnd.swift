internal import KCMCrypto

/// Where a log ends: behind its last signed line. What a crash left after that line was never answered for and is cut off.
struct LogEnd {
    /// Of the file up to and including the last signed line.
    let length: Int64
    let position: ChainWriter.Position
    /// Bytes behind it.
    let cut: Int64

    /// A batch is far below this; more bytes without a signature are no torn write.
    private static let maximumTail: Int64 = 256 << 20

    /// Reads backwards until a signed line is found, and checks everything from there on.
    static func find(in file: borrowing AuditFile, _ path: String, _ key: VerifyingKey) throws(AuditError) -> LogEnd {
        let size = try file.size()
        let nothing = ChainWriter.Position(sequence: 0, hash: .zero)
        guard size > 0 else { return LogEnd(length: 0, position: nothing, cut: 0) }
        var window: Int64 = 256 << 10
        while true {
            let start = max(0, size - window)
            let bytes = try file.read(at: start, count: Int(size - start))
            if let end = try find(in: bytes, at: start, path, key) { return end }
            if start == 0 {
                // Not one whole line: the first write of a new log was torn.
                guard !bytes.contains(UInt8(ascii: "\n")) || bytes.contains(0), bytes.count < 65_536 else {
                    throw AuditError(.corrupt, "\(path) holds no signed line: it is no audit log, or its beginning is missing")
                }
                return LogEnd(length: 0, position: nothing, cut: size)
            }
            guard window < maximumTail else {
                throw AuditError(.corrupt, "\(path): the last \(window) bytes hold no signed line")
            }
            window *= 2
        }
    }

    private static func find(in bytes: [UInt8], at start: Int64, _ path: String, _ key: VerifyingKey) throws(AuditError) -> LogEnd? {
        let found: Result<LogEnd?, AuditError> = bytes.withUnsafeBytes { bytes in
            var offset = 0
            if start > 0 {
                guard let newline = bytes.firstIndex(of: UInt8(ascii: "\n")) else { return .success(nil) }
                offset = newline + 1
            }
            var last: (end: Int, position: ChainWriter.Position)?
            var before: ChainWriter.Position?
            // What lies before a change of keys is signed with another one; the chain ties it to what is checked here.
            let keyChange = lastKeyChange(in: bytes, from: offset)
            while let newline = bytes[offset...].firstIndex(of: UInt8(ascii: "\n")) {
                let line = UnsafeRawBufferPointer(rebasing: bytes[offset..<newline])
                if let reason = fault(line, after: before, offset < keyChange ? nil : key) {
                    // Power loss can leave a file long enough with pages that were never written: zeros.
                    if line.contains(0) { break }
                    let advice = "run `kcmctl audit verify`, and move the file away to begin a new log"
                    return .failure(AuditError(.corrupt, "\(path), line at byte \(start + Int64(offset)): \(reason); \(advice)"))
                }
                guard let parsed = AuditLine(line) else { break }
                let whole = UnsafeRawBufferPointer(rebasing: bytes[offset...newline])
                let position = ChainWriter.Position(sequence: parsed.sequence, hash: ChainHash(of: whole))
                before = position
                offset = newline + 1
                if parsed.kind.isSigned { last = (offset, position) }
            }
            guard let last else { return .success(nil) }
            return .success(
                LogEnd(length: start + Int64(last.end), position: last.position, cut: Int64(bytes.count - last.end))
            )
        }
        return try found.get()
    }

    private static func fault(_ line: UnsafeRawBufferPointer, after before: ChainWriter.Position?, _ key: VerifyingKey?) -> String? {
        guard let parsed = AuditLine(line) else { return "it is no line of an audit log" }
        if let before {
            guard parsed.sequence == before.sequence + 1 else { return "sequence \(parsed.sequence) follows \(before.sequence)" }
            guard parsed.previous == before.hash else { return "the line before it was changed" }
        }
        guard let key else { return nil }
        if let next = parsed.nextKey {
            return next == key.rawBytes ? nil : "the log was handed to another key"
        }
        if let signature = parsed.signature {
            let signed = UnsafeRawBufferPointer(rebasing: line[..<signature.covers])
            guard AuditSignature.isValid(signature.bytes, for: signed, key: key) else { return "its signature is not by this key" }
        }
        return nil
    }

    /// Where the last line begins that names another key; -1 where none does.
    private static func lastKeyChange(in bytes: UnsafeRawBufferPointer, from first: Int) -> Int {
        let head = Array("{\"v\":1,\"kind\":\"key_change\"".utf8)
        var found = -1
        var offset = first
        while offset < bytes.count {
            if bytes[offset...].starts(with: head) { found = offset }
            guard let newline = bytes[offset...].firstIndex(of: UInt8(ascii: "\n")) else { break }
            offset = newline + 1
        }
        return found
    }

    /// When the file was begun; `nil` where its first line cannot be read.
    static func firstTime(in file: borrowing AuditFile) throws(AuditError) -> Int64? {
        let bytes = try file.read(at: 0, count: Int(min(4096, file.size())))
        return bytes.withUnsafeBytes { bytes in
            guard let newline = bytes.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
            return AuditLine(UnsafeRawBufferPointer(rebasing: bytes[..<newline]))?.time
        }
    }
}
