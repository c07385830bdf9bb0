/// Reads sizes: `512` (bytes), `64KiB`, `8MiB`, `1GiB`. Powers of 1,000 are refused, since `MB` is read both ways.
enum ByteCount {
    static func parse(_ text: String) -> Int? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let count = Int(digits), count < 1 << 31 else { return nil }
        switch text.dropFirst(digits.count) {
        case "", "B": return count
        case "KiB": return count << 10
        case "MiB": return count << 20
        case "GiB" where count < 1 << 20: return count << 30
        default: return nil
        }
    }
}
