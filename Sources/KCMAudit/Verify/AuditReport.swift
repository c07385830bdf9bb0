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

    /// Changes of objects whose intent no item follows: under way, or cut short by a crash. What the daemon does by itself has no item
    /// and is not among them.
    public internal(set) var changesWithoutResult = 0
    /// The changes of the signing key, in order.
    public internal(set) var keyChanges: [KeyChange] = []

    /// One change of the signing key.
    public struct KeyChange: Sendable, Equatable {
        /// Of the line that names the new key.
        public let sequence: UInt64
        /// Fingerprint of the new key.
        public let fingerprint: String
    }

    /// Findings beyond these are counted only.
    public static let maximumFindings = 100

    /// Nothing is wrong.
    public var isIntact: Bool { findings.isEmpty }

    mutating func add(_ finding: AuditFinding) {
        if findings.count < Self.maximumFindings { findings.append(finding) } else { furtherFindings += 1 }
    }
}
