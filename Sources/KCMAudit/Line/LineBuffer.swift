internal import Glibc
internal import KCMCrypto

/// Bytes of whole lines, written straight as JSON into memory that is kept for the next batch. One owner, under its lock.
struct LineBuffer: ~Copyable {
    private var base: UnsafeMutableRawPointer
    private var capacity: Int
    private(set) var count = 0
    // The last second that was formatted: most lines of a batch share it.
    private var formattedSecond = Int64.min
    private var secondText: (UInt64, UInt64, UInt32) = (0, 0, 0)

    init(capacity: Int = 16_384) {
        self.capacity = capacity
        base = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
    }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

    func bytes(from start: Int) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base + start, count: count - start) }

    /// Forgets the content; gives memory back that only an unusually large batch needed.
    mutating func removeAll() {
        count = 0
        guard capacity > 1 << 20 else { return }
        base.deallocate()
        capacity = 1 << 20
        base = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
    }

    @inline(__always)
    private mutating func reserve(_ more: Int) {
        if count + more > capacity { grow(more) }
    }

    @inline(never)
    private mutating func grow(_ more: Int) {
        capacity = max(capacity * 2, count + more)
        let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
        larger.copyMemory(from: base, byteCount: count)
        base.deallocate()
        base = larger
    }

    @inline(__always)
    mutating func append(_ byte: UInt8) {
        reserve(1)
        base.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
        count += 1
    }

    mutating func append(_ text: StaticString) {
        reserve(text.utf8CodeUnitCount)
        (base + count).copyMemory(from: text.utf8Start, byteCount: text.utf8CodeUnitCount)
        count += text.utf8CodeUnitCount
    }

    /// `,"name":`
    mutating func appendName(_ name: StaticString, first: Bool = false) {
        if !first { append(UInt8(ascii: ",")) }
        append(UInt8(ascii: "\""))
        append(name)
        append("\":" as StaticString)
    }

    mutating func append(decimal number: UInt64) {
        reserve(20)
        var digits = 1
        var limit: UInt64 = 10
        while number >= limit, digits < 20 {
            digits += 1
            let (next, overflow) = limit.multipliedReportingOverflow(by: 10)
            if overflow { break }
            limit = next
        }
        append(decimal: number, digits: digits)
    }

    /// With zeros in front, as many digits as said.
    private mutating func append(decimal number: UInt64, digits: Int) {
        reserve(digits)
        var rest = number
        var position = count + digits
        while position > count {
            position -= 1
            base.storeBytes(of: 0x30 + UInt8(truncatingIfNeeded: rest % 10), toByteOffset: position, as: UInt8.self)
            rest /= 10
        }
        count += digits
    }

    mutating func append(decimal number: Int64) {
        if number < 0 { append(UInt8(ascii: "-")) }
        append(decimal: number.magnitude)
    }

    /// Text that is JSON already.
    mutating func append(bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress else { return }
        reserve(bytes.count)
        (base + count).copyMemory(from: start, byteCount: bytes.count)
        count += bytes.count
    }

    mutating func append(hexadecimal bytes: UnsafeRawBufferPointer) {
        reserve(2 * bytes.count)
        for byte in bytes {
            base.storeBytes(of: Hexadecimal.digit(byte >> 4), toByteOffset: count, as: UInt8.self)
            base.storeBytes(of: Hexadecimal.digit(byte & 0x0f), toByteOffset: count + 1, as: UInt8.self)
            count += 2
        }
    }

    /// A JSON string (RFC 8259 §7), quoted and escaped.
    mutating func append(string: String) {
        var string = string
        string.withUTF8 { bytes in
            // Six bytes for each is the most an escape takes.
            reserve(6 * bytes.count + 2)
            append(UInt8(ascii: "\""))
            let plain = !bytes.contains { $0 < 0x20 || $0 == 0x22 || $0 == 0x5c || $0 == 0x7f }
            if plain, let start = bytes.baseAddress {
                (base + count).copyMemory(from: start, byteCount: bytes.count)
                count += bytes.count
            } else {
                for byte in bytes { append(escaping: byte) }
            }
            append(UInt8(ascii: "\""))
        }
    }

    private mutating func append(escaping byte: UInt8) {
        switch byte {
        case 0x22, 0x5c:
            append(0x5c)
            append(byte)
        // DEL needs no escape in JSON, but a terminal acts on it.
        case 0..<0x20, 0x7f:
            append("\\u00" as StaticString)
            append(Hexadecimal.digit(byte >> 4))
            append(Hexadecimal.digit(byte & 0x0f))
        default: append(byte)
        }
    }

    mutating func append(strings: [String]) {
        append(UInt8(ascii: "["))
        var isFirst = true
        for string in strings {
            if !isFirst { append(UInt8(ascii: ",")) }
            isFirst = false
            append(string: string)
        }
        append(UInt8(ascii: "]"))
    }

    /// RFC 3339 in UTC with nine digits of a second, quoted.
    mutating func append(time nanoseconds: Int64) {
        let (second, fraction) = Self.split(nanoseconds)
        append(UInt8(ascii: "\""))
        reserve(20)
        if second == formattedSecond {
            withUnsafeBytes(of: secondText) { (base + count).copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(base), byteCount: 20) }
            count += 20
        } else {
            let start = count
            append(second: second)
            if count - start == 20 {
                withUnsafeMutableBytes(of: &secondText) { $0.copyMemory(from: UnsafeRawBufferPointer(start: base + start, count: 20)) }
                formattedSecond = second
            }
        }
        append(decimal: UInt64(fraction), digits: 9)
        append("Z\"" as StaticString)
    }

    private static func split(_ nanoseconds: Int64) -> (second: Int64, fraction: Int64) {
        var (second, fraction) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        if fraction < 0 {
            fraction += 1_000_000_000
            second -= 1
        }
        return (second, fraction)
    }

    /// `2026-11-24T11:12:13.`
    private mutating func append(second: Int64) {
        var time = time_t(second)
        var parts = tm()
        gmtime_r(&time, &parts)
        append(decimal: UInt64(max(parts.tm_year + 1900, 0)), digits: 4)
        append(UInt8(ascii: "-"))
        append(decimal: UInt64(parts.tm_mon + 1), digits: 2)
        append(UInt8(ascii: "-"))
        append(decimal: UInt64(parts.tm_mday), digits: 2)
        append(UInt8(ascii: "T"))
        append(decimal: UInt64(parts.tm_hour), digits: 2)
        append(UInt8(ascii: ":"))
        append(decimal: UInt64(parts.tm_min), digits: 2)
        append(UInt8(ascii: ":"))
        append(decimal: UInt64(parts.tm_sec), digits: 2)
        append(UInt8(ascii: "."))
    }

    deinit { base.deallocate() }
}
