internal import ArgumentParser

/// What `--rate` says.
enum BenchRate: ExpressibleByArgument {
    /// Requests a second of all connections.
    case fixed(Double)
    /// A share (above 0) of what the closed loop before it reached.
    case share(Double)

    init?(argument: String) {
        let isShare = argument.hasSuffix("%")
        let digits = isShare ? argument.dropLast() : argument[...]
        guard let number = Double(digits), number > 0, number <= 10_000_000 else { return nil }
        self = isShare ? .share(number / 100) : .fixed(number)
    }
}
