/// Counts requests that were refused for load, and says which of them are to be recorded one by one. A plain value.
///
/// A flood must not fill the disk of the audit log: of each tenant and limit the first few in an interval are recorded as they are,
/// the others as one number at its end.
public struct RefusalLedger: Sendable {
    /// Of whom, and why.
    public struct Key: Sendable, Hashable {
        public let tenant: String
        public let refusal: LoadRefusal
    }

    /// What was refused in an interval.
    public struct Row: Sendable, Hashable {
        /// Batch items that have a record of their own.
        public var recorded = 0
        /// Batch items that have not.
        public var unrecorded = 0
    }

    /// Records of a tenant for a limit in an interval.
    public static let recordsPerInterval = 10

    private var rows: [Key: Row] = [:]
    private var totals: [LoadRefusal: Int] = [:]

    public init() {}

    /// Counts a refused request.
    /// - Returns: how many of its items are to be recorded.
    public mutating func note(_ refusal: LoadRefusal, of tenant: String, items: Int) -> Int {
        totals[refusal, default: 0] += 1
        var row = rows[Key(tenant: tenant, refusal: refusal)] ?? Row()
        let recorded = min(items, Self.recordsPerInterval - row.recorded)
        row.recorded += recorded
        row.unrecorded += items - recorded
        rows[Key(tenant: tenant, refusal: refusal)] = row
        return recorded
    }

    /// Ends the interval.
    /// - Returns: what was refused in it.
    public mutating func takeRows() -> [Key: Row] {
        defer { rows = [:] }
        return rows
    }

    /// Takes items back that could not be recorded as one number: they are part of the next interval's.
    mutating func giveBack(_ refusal: LoadRefusal, of tenant: String, unrecorded: Int) {
        rows[Key(tenant: tenant, refusal: refusal), default: Row()].unrecorded += unrecorded
    }

    /// Requests refused since the start.
    public func total(_ refusal: LoadRefusal) -> Int { totals[refusal] ?? 0 }
}
