/// Reads sizes: `512` (bytes), `64KiB`, `8MiB`, `1GiB`. Powers of 1,000 are refused, since `MB` is read both ways.
enum ByteCount {
    static func parse(_ text: String) -> Int? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let count = Int(digits), let unit = unit(text.dropFirst(digits.count)) else { return nil }
        let (bytes, isTooLarge) = count.multipliedReportingOverflow(by: unit)
        return isTooLarge ? nil : bytes
    }

    private static func unit(_ name: Substring) -> Int? {
        switch name {
        case "", "B": 1
        case "KiB": 1 << 10
        case "MiB": 1 << 20
        case "GiB": 1 << 30
        default: nil
        }
    }
}
