/// Removes an instance of an attribute (KMIP 1.4 §4.16).
public struct DeleteAttributeRequest: RequestPayload {
    public static var operation: Operation { .deleteAttribute }

    /// `nil`: the ID Placeholder of the batch.
    public var uniqueIdentifier: String?
    public var attributeName: String
    /// `nil` stands for 0.
    public var attributeIndex: Int32?

    /// A payload of these items.
    public init(uniqueIdentifier: String? = nil, attributeName: String, attributeIndex: Int32? = nil) {
        self.uniqueIdentifier = uniqueIdentifier
        self.attributeName = attributeName
        self.attributeIndex = attributeIndex
    }

    public init(from reader: inout TTLVReader) throws(KMIPError) {
        var uniqueIdentifier: String?
        var attributeName: String?
        var attributeIndex: Int32?
        while let item = try reader.next() {
            switch item.tag {
            case .uniqueIdentifier where uniqueIdentifier == nil: uniqueIdentifier = try reader.text(item)
            case .attributeName where attributeName == nil: attributeName = try reader.text(item)
            case .attributeIndex where attributeIndex == nil: attributeIndex = try reader.integer(item)
            case .uniqueIdentifier, .attributeName, .attributeIndex: throw .duplicate(item)
            default: throw .unexpected(item)
            }
        }
        guard let attributeName else { throw .missing(.attributeName, in: reader) }
        self.init(uniqueIdentifier: uniqueIdentifier, attributeName: attributeName, attributeIndex: attributeIndex)
    }

    public func encode(to writer: inout TTLVWriter) {
        if let uniqueIdentifier { writer.text(.uniqueIdentifier, uniqueIdentifier) }
        writer.text(.attributeName, attributeName)
        if let attributeIndex { writer.integer(.attributeIndex, attributeIndex) }
    }
}

/// Holds the attribute as it was (KMIP 1.4 §4.16).
public struct DeleteAttributeResponse: AttributeResponse {
    public var uniqueIdentifier: String
    public var attribute: Attribute

    /// A payload of these items.
    public init(uniqueIdentifier: String, attribute: Attribute) {
        self.uniqueIdentifier = uniqueIdentifier
        self.attribute = attribute
    }
}
