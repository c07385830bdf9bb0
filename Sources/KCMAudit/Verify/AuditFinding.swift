/// One thing that is wrong with a log.
public struct AuditFinding: Sendable, Equatable, CustomStringConvertible {
    /// What it is; more kinds may come.
    public struct Kind: Hashable, Sendable, CustomStringConvertible {
        private enum Value: String, Hashable, Sendable {
            case malformed, edited, removed, inserted, signature, header, continuation, incomplete, unsigned, missing, key
        }
        private let value: Value
        private init(_ value: Value) { self.value = value }

        /// Not a line that the log writes.
        public static let malformed = Kind(.malformed)
        /// The hash of the line before is not what the line says: one of the two was changed, or a line of the same number was put in.
        public static let edited = Kind(.edited)
        /// Sequence numbers are left out.
        public static let removed = Kind(.removed)
        /// A sequence number comes again, or lines have changed places.
        public static let inserted = Kind(.inserted)
        /// The signature is not by the key, or not of this line.
        public static let signature = Kind(.signature)
        /// The file does not begin with an `open` line, or has one in the middle.
        public static let header = Kind(.header)
        /// The file does not continue the one before it.
        public static let continuation = Kind(.continuation)
        /// The last line has no end.
        public static let incomplete = Kind(.incomplete)
        /// Items at the end have no checkpoint: the end was cut off, or the daemon died in the middle of a write.
        public static let unsigned = Kind(.unsigned)
        /// The log ends before the sequence number that was expected.
        public static let missing = Kind(.missing)

        /// The log goes on with another key, which no line names or which is not among those that are trusted.
        public static let key = Kind(.key)

        public var description: String { value.rawValue }
    }

    public let kind: Kind
    public let file: String
    /// Counted from 1.
    public let line: Int
    /// The line's sequence number; `nil` where it cannot be read.
    public let sequence: UInt64?
    public let message: String

    public var description: String { "\(file):\(line): \(message)" }
}
