/// What a line of the log is.
public enum AuditKind: String, Sendable, Hashable, CaseIterable {
    /// First line of a file; signed.
    case open
    /// One batch item.
    case item
    /// A change of one object that is about to be made: what a crash in the next moment leaves of it. The item that follows says what
    /// came of it.
    case intent
    /// Ends a batch; signed.
    case checkpoint
    /// The log was opened again; signed.
    case resume
    /// As `resume`, after a torn end was cut off; says how many bytes; signed.
    case recovered
    /// The lines that follow are signed with another key, which this one names; signed with the key before.
    case keyChange = "key_change"
    /// Last line of a file whose chain goes on in the next; signed.
    case rotate
    /// The log was closed in good order; signed.
    case close

    /// Every kind but `item` and `intent` carries a signature.
    public var isSigned: Bool { self != .item && self != .intent }

    /// The name as it stands in a line.
    var name: StaticString {
        switch self {
        case .open: "open"
        case .item: "item"
        case .intent: "intent"
        case .checkpoint: "checkpoint"
        case .resume: "resume"
        case .recovered: "recovered"
        case .keyChange: "key_change"
        case .rotate: "rotate"
        case .close: "close"
        }
    }
}
