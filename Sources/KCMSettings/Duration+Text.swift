extension Duration {
    /// Reads `250ms`, `2s`, `5m`, `1h`, `7d`: a whole number and its unit. A number without a unit is refused: it would mean
    /// seconds to one reader and milliseconds to the next.
    init?(settingsText text: String) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let count = Int64(digits), count < 1 << 40 else { return nil }
        switch text.dropFirst(digits.count) {
        case "ms": self = .milliseconds(count)
        case "s": self = .seconds(count)
        case "m": self = .seconds(count * 60)
        case "h": self = .seconds(count * 3_600)
        case "d": self = .seconds(count * 86_400)
        default: return nil
        }
    }
}
