/// What an operation's request carries (KMIP 1.4 §4).
public protocol RequestPayload: Sendable {
    /// The operation that the payload belongs to.
    static var operation: Operation { get }
    /// Decodes the items of a Request Payload structure. Elements out of their order are taken; unknown ones are an error.
    init(from reader: inout TTLVReader) throws(KMIPError)
    /// Writes the items in the order of the standard.
    func encode(to writer: inout TTLVWriter)
}

/// What an operation's response carries (KMIP 1.4 §4).
public protocol ResponsePayload: Sendable {
    /// Decodes the items of a Response Payload structure.
    init(from reader: inout TTLVReader) throws(KMIPError)
    /// Writes the items in the order of the standard.
    func encode(to writer: inout TTLVWriter)
}
