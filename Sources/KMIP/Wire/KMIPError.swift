/// A message that is not well-formed KMIP: what is wrong, at which tag, at which byte.
public struct KMIPError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Open set of codes.
    public struct Code: Hashable, Sendable {
        private enum Value: Hashable, Sendable {
            case truncated, trailingBytes, type, length, padding, value, unexpectedTag, duplicate, missing, depth, version
        }
        private let value: Value
        private init(_ value: Value) { self.value = value }

        /// An item's length runs past the structure that holds it.
        public static let truncated = Code(.truncated)
        /// Bytes follow the end of the message.
        public static let trailingBytes = Code(.trailingBytes)
        /// The item type is unknown, or not the one that the tag has.
        public static let type = Code(.type)
        /// The length is not one that the item type can have.
        public static let length = Code(.length)
        /// Padding bytes are not zero.
        public static let padding = Code(.padding)
        /// The value is outside what the standard allows (a Boolean of 2, text that is not UTF-8).
        public static let value = Code(.value)
        /// The structure does not hold an item with this tag, or not at this place.
        public static let unexpectedTag = Code(.unexpectedTag)
        /// An item that may stand once stands twice.
        public static let duplicate = Code(.duplicate)
        /// A required item is not there.
        public static let missing = Code(.missing)
        /// Structures are nested deeper than ``TTLVReader/maximumDepth``.
        public static let depth = Code(.depth)
        /// A protocol version that this codec does not speak.
        public static let version = Code(.version)
    }

    public let code: Code
    /// The item at fault; for ``Code/missing`` the one that was looked for.
    public let tag: Tag
    /// Byte offset of the item at fault, or of the structure that lacks it: in the message, and in the payload where an operation's
    /// payload is read by itself.
    public let offset: Int
    let detail: String

    @inline(never)
    init(_ code: Code, tag: Tag, offset: Int, _ detail: String) {
        self.code = code
        self.tag = tag
        self.offset = offset
        self.detail = detail
    }

    /// Safe to send to the client: names the tag and the offset, repeats no value.
    public var description: String { "\(tag) at byte \(offset): \(detail)" }
    /// Equality is what a program can act on; the text is for people.
    public static func == (lhs: KMIPError, rhs: KMIPError) -> Bool {
        lhs.code == rhs.code && lhs.tag == rhs.tag && lhs.offset == rhs.offset
    }

    /// A required item that a structure lacks.
    @inline(never)
    public static func missing(_ tag: Tag, in structure: TTLVReader) -> KMIPError {
        KMIPError(.missing, tag: tag, offset: structure.start, "required and not there")
    }

    /// An item that may stand once stands twice.
    @inline(never)
    public static func duplicate(_ item: TTLVItem) -> KMIPError {
        KMIPError(.duplicate, tag: item.tag, offset: item.offset, "stands more than once")
    }

    /// An item that the structure does not have.
    @inline(never)
    public static func unexpected(_ item: TTLVItem) -> KMIPError {
        KMIPError(.unexpectedTag, tag: item.tag, offset: item.offset, "not expected here")
    }

    /// A value that the standard does not allow.
    @inline(never)
    public static func value(_ item: TTLVItem, _ detail: String) -> KMIPError {
        KMIPError(.value, tag: item.tag, offset: item.offset, detail)
    }
}
