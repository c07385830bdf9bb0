/// Dates of ISO 8601, as XML Schema writes them (`xs:dateTime`), in the Gregorian calendar and without leap seconds.
package enum DateText {
    private static let secondsPerDay: Int64 = 86_400

    /// `2026-01-31T00:00:00+00:00`; nil outside of the years 0 to 9999.
    package static func text(_ seconds: Int64) -> String? {
        // 0000-01-01T00:00:00 to 9999-12-31T23:59:59.
        guard (-62_167_219_200...253_402_300_799).contains(seconds) else { return nil }
        let day = seconds >= 0 ? seconds / secondsPerDay : -((secondsPerDay - 1 - seconds) / secondsPerDay)
        let second = seconds - day * secondsPerDay
        let (year, month, date) = civil(day)
        return
            "\(padded(year, 4))-\(padded(month, 2))-\(padded(date, 2))T\(padded(second / 3600, 2)):\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2))+00:00"
    }

    /// Seconds since 1970 UTC of `YYYY-MM-DDThh:mm:ss`, an optional fraction (left out of the result), and an optional `Z` or `±hh:mm`;
    /// without one it is UTC. Nil for anything else, and for days that do not exist.
    package static func seconds(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
        var rest = text[...]
        guard let year = number(&rest, 4), skip(&rest, "-"), let month = number(&rest, 2), skip(&rest, "-"), let date = number(&rest, 2),
            skip(&rest, "T") || skip(&rest, "t"), let hour = number(&rest, 2), skip(&rest, ":"), let minute = number(&rest, 2),
            skip(&rest, ":"), let second = number(&rest, 2)
        else { return nil }
        guard (1...12).contains(month), (1...31).contains(date), hour < 24, minute < 60, second < 60 else { return nil }
        if skip(&rest, ".") {
            guard number(&rest, 1) != nil else { return nil }
            while number(&rest, 1) != nil {}
        }
        var offset: Int64 = 0
        if !rest.isEmpty, !skip(&rest, "Z"), !skip(&rest, "z") {
            let isWest = skip(&rest, "-")
            guard isWest || skip(&rest, "+"), let hours = number(&rest, 2), skip(&rest, ":"), let minutes = number(&rest, 2), hours < 24, minutes < 60
            else { return nil }
            offset = (hours * 3600 + minutes * 60) * (isWest ? -1 : 1)
        }
        guard rest.isEmpty else { return nil }
        let day = days(year, month, date)
        guard civil(day) == (year, month, date) else { return nil }
        return day * secondsPerDay + hour * 3600 + minute * 60 + second - offset
    }

    private static func number(_ text: inout Slice<UnsafeBufferPointer<UInt8>>, _ digits: Int) -> Int64? {
        guard text.count >= digits, text.prefix(digits).allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        defer { text = text.dropFirst(digits) }
        return text.prefix(digits).reduce(0) { $0 * 10 + Int64($1 - 0x30) }
    }

    private static func skip(_ text: inout Slice<UnsafeBufferPointer<UInt8>>, _ character: Unicode.Scalar) -> Bool {
        guard text.first == UInt8(ascii: character) else { return false }
        text = text.dropFirst()
        return true
    }

    private static func padded(_ value: Int64, _ digits: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }

    // Days and dates by Howard Hinnant's "chrono-compatible low-level date algorithms": years begin in March, eras have 400 of them.

    private static func days(_ year: Int64, _ month: Int64, _ date: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + date - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    private static func civil(_ day: Int64) -> (Int64, Int64, Int64) {
        let shifted = day + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let part = (5 * dayOfYear + 2) / 153
        let month = part < 10 ? part + 3 : part - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * part + 2) / 5 + 1)
    }
}
