/// The parts of a line that make the chain, read out of its bytes.
///
/// Strict: a line that the writer would not have written so is no line. Inside a JSON string every quote is escaped, so the fixed
/// patterns at both ends cannot come out of a value.
struct AuditLine {
    let kind: AuditKind
    let sequence: UInt64
    let previous: ChainHash
    /// Of a signed line, with the number of bytes that it covers.
    let signature: (bytes: [UInt8], covers: Int)?

    /// Of a change of keys: the public key that verifies the lines behind it, 32 bytes.
    let nextKey: [UInt8]?
    /// Of the line, in nanoseconds since 1970 UTC.
    let time: Int64

    /// - Parameter line: without its newline.
    init?(_ line: UnsafeRawBufferPointer) {
        var scanner = Scanner(rest: line[...])
        guard scanner.skip("{\"v\":1,\"kind\":\""), let kind = scanner.kind(), scanner.skip("\",\"seq\":"),
            let sequence = scanner.decimal(), scanner.skip(",\"time\":\""), let time = scanner.time()
        else { return nil }
        self.kind = kind
        self.sequence = sequence
        self.time = time
        var end = line.count
        if kind.isSigned {
            // ,"sig":" 128 digits "}
            let covers = end - 8 - 128 - 2
            guard covers > 0, Self.matches(line, at: covers, ",\"sig\":\""), Self.matches(line, at: end - 2, "\"}") else { return nil }
            var bytes: [UInt8] = []
            bytes.reserveCapacity(64)
            for index in stride(from: covers + 8, to: end - 2, by: 2) {
                guard let high = ChainHash.value(line[index]), let low = ChainHash.value(line[index + 1]) else { return nil }
                bytes.append(high << 4 | low)
            }
            signature = (bytes, covers)
            end = covers
        } else {
            signature = nil
            end -= 1
            guard Self.matches(line, at: end, "}") else { return nil }
        }
        // ,"prev":" 64 digits "
        let start = end - 9 - 64 - 1
        guard start > 0, Self.matches(line, at: start, ",\"prev\":\""), Self.matches(line, at: end - 1, "\""),
            let previous = ChainHash(digits: UnsafeRawBufferPointer(rebasing: line[start + 9..<end - 1]))
        else { return nil }
        self.previous = previous
        if kind == .keyChange {
            // ,"next_key":" 64 digits "
            let field = start - 13 - 64 - 1
            guard field > 0, Self.matches(line, at: field, ",\"next_key\":\""), Self.matches(line, at: start - 1, "\""),
                let key = ChainHash(digits: UnsafeRawBufferPointer(rebasing: line[field + 13..<start - 1]))
            else { return nil }
            nextKey = key.withUnsafeBytes { Array($0) }
        } else {
            nextKey = nil
        }
    }

    private static func matches(_ line: UnsafeRawBufferPointer, at offset: Int, _ text: StaticString) -> Bool {
        guard offset >= 0, offset + text.utf8CodeUnitCount <= line.count else { return false }
        for index in 0..<text.utf8CodeUnitCount where line[offset + index] != text.utf8Start[index] { return false }
        return true
    }
}
