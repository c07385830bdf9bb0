/// What a line of the log is.
public enum AuditKind: String, Sendable, Hashable, CaseIterable {
    /// First line of a file; signed.
    case open
    /// One batch item.
    case item
    /// Ends a batch; signed.
    case checkpoint
    /// The log was opened again; signed.
    case resume
    /// As `resume`, after a torn end was cut off; says how many bytes; signed.
    case recovered
    /// Last line of a file whose chain goes on in the next; signed.
    case rotate
    /// The log was closed in good order; signed.
    case close

    /// Every kind but `item` carries a signature.
    public var isSigned: Bool { self != .item }

    /// The name as it stands in a line.
    var name: StaticString {
        switch self {
        case .open: "open"
        case .item: "item"
        case .checkpoint: "checkpoint"
        case .resume: "resume"
        case .recovered: "recovered"
        case .rotate: "rotate"
        case .close: "close"
        }
    }
}
