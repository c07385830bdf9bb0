/// Asks for a new symmetric key (KMIP 1.4 §4.1).
public struct CreateRequest: RequestPayload {
    public static var operation: Operation { .create }

    public var objectType: ObjectType
    public var templateAttribute: TemplateAttribute

    /// A payload of these items.
    public init(objectType: ObjectType, templateAttribute: TemplateAttribute) {
        self.objectType = objectType
        self.templateAttribute = templateAttribute
    }

    public init(from reader: inout TTLVReader) throws(KMIPError) {
        var objectType: ObjectType?
        var templateAttribute: TemplateAttribute?
        while let item = try reader.next() {
            switch item.tag {
            case .objectType where objectType == nil: objectType = try reader.enumeration(item)
            case .templateAttribute where templateAttribute == nil: templateAttribute = try reader.nested(item, TemplateAttribute.init(from:))
            case .objectType, .templateAttribute: throw .duplicate(item)
            default: throw .unexpected(item)
            }
        }
        guard let objectType else { throw .missing(.objectType, in: reader) }
        guard let templateAttribute else { throw .missing(.templateAttribute, in: reader) }
        self.init(objectType: objectType, templateAttribute: templateAttribute)
    }

    public func encode(to writer: inout TTLVWriter) {
        writer.enumeration(.objectType, objectType)
        templateAttribute.encode(to: &writer)
    }
}

/// Names the new key (KMIP 1.4 §4.1).
public struct CreateResponse: ResponsePayload {
    public var objectType: ObjectType
    public var uniqueIdentifier: String
    /// What the server set beyond the request.
    public var templateAttribute: TemplateAttribute?

    /// A payload of these items.
    public init(objectType: ObjectType, uniqueIdentifier: String, templateAttribute: TemplateAttribute? = nil) {
        self.objectType = objectType
        self.uniqueIdentifier = uniqueIdentifier
        self.templateAttribute = templateAttribute
    }

    public init(from reader: inout TTLVReader) throws(KMIPError) {
        var objectType: ObjectType?
        var uniqueIdentifier: String?
        var templateAttribute: TemplateAttribute?
        while let item = try reader.next() {
            switch item.tag {
            case .objectType where objectType == nil: objectType = try reader.enumeration(item)
            case .uniqueIdentifier where uniqueIdentifier == nil: uniqueIdentifier = try reader.text(item)
            case .templateAttribute where templateAttribute == nil: templateAttribute = try reader.nested(item, TemplateAttribute.init(from:))
            case .objectType, .uniqueIdentifier, .templateAttribute: throw .duplicate(item)
            default: throw .unexpected(item)
            }
        }
        guard let objectType else { throw .missing(.objectType, in: reader) }
        guard let uniqueIdentifier else { throw .missing(.uniqueIdentifier, in: reader) }
        self.init(objectType: objectType, uniqueIdentifier: uniqueIdentifier, templateAttribute: templateAttribute)
    }

    public func encode(to writer: inout TTLVWriter) {
        writer.enumeration(.objectType, objectType)
        writer.text(.uniqueIdentifier, uniqueIdentifier)
        if let templateAttribute { templateAttribute.encode(to: &writer) }
    }
}
