/// What the verification of a log found.
public struct AuditReport: Sendable, Equatable {
    /// In the order of the log; at most ``maximumFindings``.
    public internal(set) var findings: [AuditFinding] = []
    /// Findings beyond those that are kept.
    public internal(set) var furtherFindings = 0
    /// Lines read.
    public internal(set) var lines = 0
    /// Lines by kind.
    public internal(set) var counts: [AuditKind: Int] = [:]
    /// Of the first line.
    public internal(set) var firstSequence: UInt64?
    /// Of the last line. A log that was cut behind a checkpoint verifies: compare this with what the daemon reports.
    public internal(set) var lastSequence: UInt64?
    /// Of the last line that a valid signature covers.
    public internal(set) var lastSignedSequence: UInt64?
    /// The first file continues another one, which is not among those verified.
    public internal(set) var continuesEarlierFile = false
    /// The log ends in a `close` line.
    public internal(set) var endsInClose = false

    /// Findings beyond these are counted only.
    public static let maximumFindings = 100

    /// Nothing is wrong.
    public var isIntact: Bool { findings.isEmpty }

    mutating func add(_ finding: AuditFinding) {
        if findings.count < Self.maximumFindings { findings.append(finding) } else { furtherFindings += 1 }
    }
}
