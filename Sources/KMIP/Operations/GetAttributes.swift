/// Asks for attributes of an object (KMIP 1.4 §4.12).
public struct GetAttributesRequest: RequestPayload {
    public static var operation: Operation { .getAttributes }

    /// `nil`: the ID Placeholder of the batch.
    public var uniqueIdentifier: String?
    /// Empty: all attributes.
    public var attributeNames: [String]

    /// A payload of these items.
    public init(uniqueIdentifier: String? = nil, attributeNames: [String] = []) {
        self.uniqueIdentifier = uniqueIdentifier
        self.attributeNames = attributeNames
    }

    public init(from reader: inout TTLVReader) throws(KMIPError) {
        var uniqueIdentifier: String?
        var attributeNames: [String] = []
        while let item = try reader.next() {
            switch item.tag {
            case .uniqueIdentifier where uniqueIdentifier == nil: uniqueIdentifier = try reader.text(item)
            case .attributeName: attributeNames.append(try reader.text(item))
            case .uniqueIdentifier: throw .duplicate(item)
            default: throw .unexpected(item)
            }
        }
        self.init(uniqueIdentifier: uniqueIdentifier, attributeNames: attributeNames)
    }

    public func encode(to writer: inout TTLVWriter) {
        if let uniqueIdentifier { writer.text(.uniqueIdentifier, uniqueIdentifier) }
        for value in attributeNames { writer.text(.attributeName, value) }
    }
}

/// Holds the attributes (KMIP 1.4 §4.12).
public struct GetAttributesResponse: ResponsePayload {
    public var uniqueIdentifier: String
    public var attributes: [Attribute]

    /// A payload of these items.
    public init(uniqueIdentifier: String, attributes: [Attribute] = []) {
        self.uniqueIdentifier = uniqueIdentifier
        self.attributes = attributes
    }

    public init(from reader: inout TTLVReader) throws(KMIPError) {
        var uniqueIdentifier: String?
        var attributes: [Attribute] = []
        while let item = try reader.next() {
            switch item.tag {
            case .uniqueIdentifier where uniqueIdentifier == nil: uniqueIdentifier = try reader.text(item)
            case .attribute: attributes.append(try reader.nested(item, Attribute.init(from:)))
            case .uniqueIdentifier: throw .duplicate(item)
            default: throw .unexpected(item)
            }
        }
        guard let uniqueIdentifier else { throw .missing(.uniqueIdentifier, in: reader) }
        self.init(uniqueIdentifier: uniqueIdentifier, attributes: attributes)
    }

    public func encode(to writer: inout TTLVWriter) {
        writer.text(.uniqueIdentifier, uniqueIdentifier)
        for value in attributes { value.encode(to: &writer) }
    }
}
