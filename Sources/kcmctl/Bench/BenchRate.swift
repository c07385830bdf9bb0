internal import ArgumentParser

/// What `--rate` says.
enum BenchRate: ExpressibleByArgument {
    /// Requests a second of all connections.
    case fixed(Double)
    /// A share (above 0) of what the closed loop before it reached.
    case share(Double)

    init?(argument: String) {
        let isShare = argument.hasSuffix("%")
        guard let number = Double(isShare ? String(argument.dropLast()) : argument), number > 0, number.isFinite, number <= 10_000_000 else { return nil }
        self = isShare ? .share(number / 100) : .fixed(number)
    }
}
