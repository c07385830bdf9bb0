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

    /// - Parameter line: without its newline.
    init?(_ line: UnsafeRawBufferPointer) {
        var scanner = Scanner(rest: line[...])
        guard scanner.skip("{\"v\":1,\"kind\":\""), let kind = scanner.kind(), scanner.skip("\",\"seq\":"),
            let sequence = scanner.decimal(), scanner.skip(",\"time\":\"")
        else { return nil }
        self.kind = kind
        self.sequence = sequence
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
    }

    private static func matches(_ line: UnsafeRawBufferPointer, at offset: Int, _ text: StaticString) -> Bool {
        guard offset >= 0, offset + text.utf8CodeUnitCount <= line.count else { return false }
        for index in 0..<text.utf8CodeUnitCount where line[offset + index] != text.utf8Start[index] { return false }
        return true
    }

    private struct Scanner {
        var rest: Slice<UnsafeRawBufferPointer>

        mutating func skip(_ text: StaticString) -> Bool {
            guard rest.count >= text.utf8CodeUnitCount else { return false }
            for index in 0..<text.utf8CodeUnitCount where rest[rest.startIndex + index] != text.utf8Start[index] { return false }
            rest = rest.dropFirst(text.utf8CodeUnitCount)
            return true
        }

        mutating func kind() -> AuditKind? {
            let name = rest.prefix(16).prefix { $0 != UInt8(ascii: "\"") }
            rest = rest.dropFirst(name.count)
            return AuditKind(rawValue: String(decoding: name, as: UTF8.self))
        }

        mutating func decimal() -> UInt64? {
            let digits = rest.prefix(20).prefix { (0x30...0x39).contains($0) }
            guard let first = digits.first, first != 0x30 || digits.count == 1 else { return nil }
            rest = rest.dropFirst(digits.count)
            var number: UInt64 = 0
            for digit in digits {
                let (tens, over) = number.multipliedReportingOverflow(by: 10)
                let (sum, overAgain) = tens.addingReportingOverflow(UInt64(digit - 0x30))
                guard !over, !overAgain else { return nil }
                number = sum
            }
            return number
        }
    }
}
