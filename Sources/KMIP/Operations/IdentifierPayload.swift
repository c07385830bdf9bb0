/// A request that names an object and says nothing else: Activate, Destroy, Archive and their like.
public protocol IdentifierRequest: RequestPayload {
    /// `nil`: the ID Placeholder of the batch.
    var uniqueIdentifier: String? { get }
    /// A payload of these items.
    init(uniqueIdentifier: String?)
}

extension IdentifierRequest {
    public init(from reader: inout TTLVReader) throws(KMIPError) {
        self.init(uniqueIdentifier: try reader.uniqueIdentifierAlone())
    }

    public func encode(to writer: inout TTLVWriter) {
        if let uniqueIdentifier { writer.text(.uniqueIdentifier, uniqueIdentifier) }
    }
}

/// A response that names the object and says nothing else.
public protocol IdentifierResponse: ResponsePayload {
    var uniqueIdentifier: String { get }
    /// A payload of these items.
    init(uniqueIdentifier: String)
}

extension IdentifierResponse {
    public init(from reader: inout TTLVReader) throws(KMIPError) {
        guard let uniqueIdentifier = try reader.uniqueIdentifierAlone() else { throw .missing(.uniqueIdentifier, in: reader) }
        self.init(uniqueIdentifier: uniqueIdentifier)
    }

    public func encode(to writer: inout TTLVWriter) { writer.text(.uniqueIdentifier, uniqueIdentifier) }
}

extension TTLVReader {
    /// The Unique Identifier, where it is the only item of a payload.
    fileprivate mutating func uniqueIdentifierAlone() throws(KMIPError) -> String? {
        var uniqueIdentifier: String?
        while let item = try next() {
            switch item.tag {
            case .uniqueIdentifier where uniqueIdentifier == nil: uniqueIdentifier = try text(item)
            case .uniqueIdentifier: throw .duplicate(item)
            default: throw .unexpected(item)
            }
        }
        return uniqueIdentifier
    }
}
