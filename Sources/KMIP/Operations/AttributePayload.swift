/// A request that names an object and one instance of an attribute: Add Attribute and Modify Attribute.
public protocol AttributeRequest: RequestPayload {
    /// `nil`: the ID Placeholder of the batch.
    var uniqueIdentifier: String? { get }
    var attribute: Attribute { get }
    /// A payload of these items.
    init(uniqueIdentifier: String?, attribute: Attribute)
}

extension AttributeRequest {
    public init(from reader: inout TTLVReader) throws(KMIPError) {
        let (uniqueIdentifier, attribute) = try reader.identifierAndAttribute()
        self.init(uniqueIdentifier: uniqueIdentifier, attribute: attribute)
    }

    public func encode(to writer: inout TTLVWriter) {
        if let uniqueIdentifier { writer.text(.uniqueIdentifier, uniqueIdentifier) }
        attribute.encode(to: &writer)
    }
}

/// A response that holds the instance as it is now.
public protocol AttributeResponse: ResponsePayload {
    var uniqueIdentifier: String { get }
    var attribute: Attribute { get }
    /// A payload of these items.
    init(uniqueIdentifier: String, attribute: Attribute)
}

extension AttributeResponse {
    public init(from reader: inout TTLVReader) throws(KMIPError) {
        let (uniqueIdentifier, attribute) = try reader.identifierAndAttribute()
        guard let uniqueIdentifier else { throw .missing(.uniqueIdentifier, in: reader) }
        self.init(uniqueIdentifier: uniqueIdentifier, attribute: attribute)
    }

    public func encode(to writer: inout TTLVWriter) {
        writer.text(.uniqueIdentifier, uniqueIdentifier)
        attribute.encode(to: &writer)
    }
}

extension TTLVReader {
    fileprivate mutating func identifierAndAttribute() throws(KMIPError) -> (String?, Attribute) {
        var uniqueIdentifier: String?
        var attribute: Attribute?
        while let item = try next() {
            switch item.tag {
            case .uniqueIdentifier where uniqueIdentifier == nil: uniqueIdentifier = try text(item)
            case .attribute where attribute == nil: attribute = try nested(item, Attribute.init(from:))
            case .uniqueIdentifier, .attribute: throw .duplicate(item)
            default: throw .unexpected(item)
            }
        }
        guard let attribute else { throw .missing(.attribute, in: self) }
        return (uniqueIdentifier, attribute)
    }
}
