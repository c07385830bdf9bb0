/// Asks which attributes an object has (KMIP 1.4 §4.13).
public struct GetAttributeListRequest: IdentifierRequest {
    public static var operation: Operation { .getAttributeList }

    /// `nil`: the ID Placeholder of the batch.
    public var uniqueIdentifier: String?

    /// A payload of these items.
    public init(uniqueIdentifier: String? = nil) {
        self.uniqueIdentifier = uniqueIdentifier
    }
}

/// Names the attributes (KMIP 1.4 §4.13).
public struct GetAttributeListResponse: ResponsePayload {
    public var uniqueIdentifier: String
    public var attributeNames: [String]

    /// A payload of these items.
    public init(uniqueIdentifier: String, attributeNames: [String] = []) {
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
        guard let uniqueIdentifier else { throw .missing(.uniqueIdentifier, in: reader) }
        self.init(uniqueIdentifier: uniqueIdentifier, attributeNames: attributeNames)
    }

    public func encode(to writer: inout TTLVWriter) {
        writer.text(.uniqueIdentifier, uniqueIdentifier)
        for value in attributeNames { writer.text(.attributeName, value) }
    }
}
