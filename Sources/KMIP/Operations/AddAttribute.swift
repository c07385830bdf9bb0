/// Adds an instance of an attribute (KMIP 1.4 §4.14).
public struct AddAttributeRequest: RequestPayload {
    public static var operation: Operation { .addAttribute }

    /// `nil`: the ID Placeholder of the batch.
    public var uniqueIdentifier: String?
    public var attribute: Attribute

    /// A payload of these items.
    public init(uniqueIdentifier: String? = nil, attribute: Attribute) {
        self.uniqueIdentifier = uniqueIdentifier
        self.attribute = attribute
    }

    public init(from reader: inout TTLVReader) throws(KMIPError) {
        var uniqueIdentifier: String?
        var attribute: Attribute?
        while let item = try reader.next() {
            switch item.tag {
            case .uniqueIdentifier where uniqueIdentifier == nil: uniqueIdentifier = try reader.text(item)
            case .attribute where attribute == nil: attribute = try reader.nested(item, Attribute.init(from:))
            case .uniqueIdentifier, .attribute: throw .duplicate(item)
            default: throw .unexpected(item)
            }
        }
        guard let attribute else { throw .missing(.attribute, in: reader) }
        self.init(uniqueIdentifier: uniqueIdentifier, attribute: attribute)
    }

    public func encode(to writer: inout TTLVWriter) {
        if let uniqueIdentifier { writer.text(.uniqueIdentifier, uniqueIdentifier) }
        attribute.encode(to: &writer)
    }
}

/// Holds the attribute as it was added (KMIP 1.4 §4.14).
public struct AddAttributeResponse: ResponsePayload {
    public var uniqueIdentifier: String
    public var attribute: Attribute

    /// A payload of these items.
    public init(uniqueIdentifier: String, attribute: Attribute) {
        self.uniqueIdentifier = uniqueIdentifier
        self.attribute = attribute
    }

    public init(from reader: inout TTLVReader) throws(KMIPError) {
        var uniqueIdentifier: String?
        var attribute: Attribute?
        while let item = try reader.next() {
            switch item.tag {
            case .uniqueIdentifier where uniqueIdentifier == nil: uniqueIdentifier = try reader.text(item)
            case .attribute where attribute == nil: attribute = try reader.nested(item, Attribute.init(from:))
            case .uniqueIdentifier, .attribute: throw .duplicate(item)
            default: throw .unexpected(item)
            }
        }
        guard let uniqueIdentifier else { throw .missing(.uniqueIdentifier, in: reader) }
        guard let attribute else { throw .missing(.attribute, in: reader) }
        self.init(uniqueIdentifier: uniqueIdentifier, attribute: attribute)
    }

    public func encode(to writer: inout TTLVWriter) {
        writer.text(.uniqueIdentifier, uniqueIdentifier)
        attribute.encode(to: &writer)
    }
}
