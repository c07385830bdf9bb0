internal import Glibc

extension AuditLine {
    /// Reads the head of a line from the left.
    struct Scanner {
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

        /// RFC 3339 in UTC with nine digits of a second, as `LineBuffer` writes it.
        mutating func time() -> Int64? {
            func number(_ first: Int, _ count: Int) -> Int32? {
                var number: Int32 = 0
                for digit in rest.dropFirst(first).prefix(count) {
                    guard (0x30...0x39).contains(digit) else { return nil }
                    number = number * 10 + Int32(digit - 0x30)
                }
                return number
            }
            // 2026-11-24T11:12:13.123456789Z
            guard rest.count >= 30, let year = number(0, 4), let month = number(5, 2), let day = number(8, 2), let hour = number(11, 2),
                let minute = number(14, 2), let second = number(17, 2), let fraction = number(20, 9)
            else { return nil }
            var parts = tm()
            (parts.tm_year, parts.tm_mon, parts.tm_mday) = (year - 1900, month - 1, day)
            (parts.tm_hour, parts.tm_min, parts.tm_sec) = (hour, minute, second)
            rest = rest.dropFirst(30)
            let (whole, over) = Int64(timegm(&parts)).multipliedReportingOverflow(by: 1_000_000_000)
            return over ? nil : whole.addingReportingOverflow(Int64(fraction)).partialValue
        }
    }
}
