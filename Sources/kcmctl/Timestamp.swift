internal import ArgumentParser
internal import Glibc

/// Dates as people write them.
enum Timestamp {
    /// `2026-01-31T00:00:00Z` as seconds since 1970.
    static func parse(_ text: String) throws -> Int64 {
        let fields = text.split(omittingEmptySubsequences: false) { "-T:Z".contains($0) }
        let numbers = fields.dropLast().compactMap { Int32($0) }
        let shape = text.map { $0.isNumber ? "0" : String($0) }.joined()
        guard shape == "0000-00-00T00:00:00Z", numbers.count == 6 else {
            throw ValidationError("'\(text)' is not a time such as 2026-01-31T00:00:00Z")
        }
        var parts = tm()
        parts.tm_year = numbers[0] - 1900
        parts.tm_mon = numbers[1] - 1
        parts.tm_mday = numbers[2]
        parts.tm_hour = numbers[3]
        parts.tm_min = numbers[4]
        parts.tm_sec = numbers[5]
        let seconds = Int64(timegm(&parts))
        // timegm makes 31 February the 3rd of March, and 25:00 the next day.
        guard self.text(seconds) == text else { throw ValidationError("'\(text)' is no time that exists") }
        return seconds
    }

    /// Seconds since 1970 as `2026-01-31T00:00:00Z`.
    static func text(_ seconds: Int64) -> String {
        var time = time_t(seconds)
        var parts = tm()
        gmtime_r(&time, &parts)
        var buffer = [CChar](repeating: 0, count: 64)
        let count = strftime(&buffer, buffer.count, "%Y-%m-%dT%H:%M:%SZ", &parts)
        return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
