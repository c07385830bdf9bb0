/// A text that is no KMIP message, or a message that the text encoding cannot say: what is wrong, in which element, on which line.
public struct KMIPTextError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Open set of codes.
    public struct Code: Hashable, Sendable {
        private enum Value: Hashable, Sendable { case syntax, limit, tag, type, value, structure, message }
        private let value: Value
        private init(_ value: Value) { self.value = value }

        /// Not well-formed XML or JSON, or a part of them that KMIP does not use (a document type, entities, text between elements).
        public static let syntax = Code(.syntax)
        /// Over one of ``TextLimits``.
        public static let limit = Code(.limit)
        /// A tag that is neither a name of the standard nor three bytes in hexadecimal.
        public static let tag = Code(.tag)
        /// A type that does not exist, or that is missing.
        public static let type = Code(.type)
        /// A value that the type cannot have.
        public static let value = Code(.value)
        /// A value that holds items, or a message that is not one structure.
        public static let structure = Code(.structure)
        /// The TTLV message to be written as text is malformed.
        public static let message = Code(.message)
    }

    public let code: Code
    /// The element at fault and those around it, outermost first: `RequestMessage/RequestHeader/BatchCount`. Empty outside of any.
    public let path: String
    /// In the text, from 1; 0 where a TTLV message is written.
    public let line: Int
    private let detail: String

    @inline(never)
    package init(_ code: Code, path: String = "", line: Int = 0, _ detail: String) {
        self.code = code
        self.path = path
        self.line = line
        self.detail = detail
    }

    /// Safe to send to the client: names element and line, repeats no value.
    public var description: String {
        let place = [path, line > 0 ? "line \(line)" : ""].filter { !$0.isEmpty }.joined(separator: ", ")
        return place.isEmpty ? detail : "\(place): \(detail)"
    }

    /// Equality is what a program can act on; the text is for people.
    public static func == (lhs: KMIPTextError, rhs: KMIPTextError) -> Bool {
        lhs.code == rhs.code && lhs.path == rhs.path && lhs.line == rhs.line
    }
}
