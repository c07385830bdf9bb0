/// Brings an object in (KMIP 1.4 §4.3).
public struct RegisterRequest: RequestPayload {
    public static var operation: Operation { .register }

    public var objectType: ObjectType
    public var templateAttribute: TemplateAttribute
    public var object: ManagedObject

    /// A payload of these items.
    public init(objectType: ObjectType, templateAttribute: TemplateAttribute, object: ManagedObject) {
        self.objectType = objectType
        self.templateAttribute = templateAttribute
        self.object = object
    }

    public init(from reader: inout TTLVReader) throws(KMIPError) {
        var objectType: ObjectType?
        var templateAttribute: TemplateAttribute?
        var object: ManagedObject?
        while let item = try reader.next() {
            switch item.tag {
            case .objectType where objectType == nil: objectType = try reader.enumeration(item)
            case .templateAttribute where templateAttribute == nil: templateAttribute = try reader.nested(item, TemplateAttribute.init(from:))
            case _ where object == nil && ManagedObject.tags.contains(item.tag): object = try ManagedObject(item, of: reader)
            case .objectType, .templateAttribute: throw .duplicate(item)
            default: throw .unexpected(item)
            }
        }
        guard let objectType else { throw .missing(.objectType, in: reader) }
        guard let templateAttribute else { throw .missing(.templateAttribute, in: reader) }
        guard let object else { throw .missing(.keyBlock, in: reader) }
        self.init(objectType: objectType, templateAttribute: templateAttribute, object: object)
    }

    public func encode(to writer: inout TTLVWriter) {
        writer.enumeration(.objectType, objectType)
        templateAttribute.encode(to: &writer)
        object.encode(to: &writer)
    }
}

/// Names the new object (KMIP 1.4 §4.3).
public struct RegisterResponse: ResponsePayload {
    public var uniqueIdentifier: String
    /// What the server set beyond the request.
    public var templateAttribute: TemplateAttribute?

    /// A payload of these items.
    public init(uniqueIdentifier: String, templateAttribute: TemplateAttribute? = nil) {
        self.uniqueIdentifier = uniqueIdentifier
        self.templateAttribute = templateAttribute
    }

    public init(from reader: inout TTLVReader) throws(KMIPError) {
        var uniqueIdentifier: String?
        var templateAttribute: TemplateAttribute?
        while let item = try reader.next() {
            switch item.tag {
            case .uniqueIdentifier where uniqueIdentifier == nil: uniqueIdentifier = try reader.text(item)
            case .templateAttribute where templateAttribute == nil: templateAttribute = try reader.nested(item, TemplateAttribute.init(from:))
            case .uniqueIdentifier, .templateAttribute: throw .duplicate(item)
            default: throw .unexpected(item)
            }
        }
        guard let uniqueIdentifier else { throw .missing(.uniqueIdentifier, in: reader) }
        self.init(uniqueIdentifier: uniqueIdentifier, templateAttribute: templateAttribute)
    }

    public func encode(to writer: inout TTLVWriter) {
        writer.text(.uniqueIdentifier, uniqueIdentifier)
        if let templateAttribute { templateAttribute.encode(to: &writer) }
    }
}
