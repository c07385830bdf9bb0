/// Why the audit log could not be opened, written or read.
public struct AuditError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Open set of codes.
    public struct Code: Hashable, Sendable {
        private enum Value: Hashable, Sendable { case input, corrupt, locked, closed, changed, signing }
        private let value: Value
        private init(_ value: Value) { self.value = value }

        /// The file system refused: no room, no permission, an I/O error.
        public static let input = Code(.input)
        /// The end of the log does not verify, so the chain cannot be continued.
        public static let corrupt = Code(.corrupt)
        /// Another process writes this log.
        public static let locked = Code(.locked)
        /// The log was closed.
        public static let closed = Code(.closed)
        /// Someone removed, cut or extended the file under the writer.
        public static let changed = Code(.changed)
        /// No checkpoint could be signed.
        public static let signing = Code(.signing)
    }

    public let code: Code
    /// For logs and operators: names the file and the system's reason.
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
    /// Equality is the code: the message is for people.
    public static func == (lhs: AuditError, rhs: AuditError) -> Bool { lhs.code == rhs.code }
}
