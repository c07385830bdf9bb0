/// One thing that is wrong with the configuration; its description is one line for the operator.
public struct SettingsError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Open set of codes.
    public struct Code: Hashable, Sendable {
        private enum Value: Hashable, Sendable { case unreadable, syntax, unknown, missing, invalid, wrongMode, file }
        private let value: Value
        private init(_ value: Value) { self.value = value }

        /// The configuration file cannot be read.
        public static let unreadable = Code(.unreadable)
        /// It is not YAML, or not one mapping.
        public static let syntax = Code(.syntax)
        /// A key or environment variable that means nothing here.
        public static let unknown = Code(.unknown)
        /// A key that must be there.
        public static let missing = Code(.missing)
        /// A value that is not what the key takes.
        public static let invalid = Code(.invalid)
        /// A section of the other mode.
        public static let wrongMode = Code(.wrongMode)
        /// A file that the configuration names is missing, unreadable, or readable by too many.
        public static let file = Code(.file)
    }

    public let code: Code
    /// `edge.yaml:12`, or the name of an environment variable.
    public let origin: String
    /// What is wrong and what was expected.
    public let message: String

    init(_ code: Code, _ origin: String, _ message: String) {
        self.code = code
        self.origin = origin
        self.message = message
    }

    public var description: String { "\(origin): \(message)" }
}

/// Everything that is wrong with a configuration, in the order of the file.
public struct SettingsErrors: Error, Sendable, CustomStringConvertible {
    public let errors: [SettingsError]
    /// One line for each.
    public var description: String { errors.map(\.description).joined(separator: "\n") }
}
