/// Asks to put a split key together (KMIP 1.4 §4.39).
public struct JoinSplitKeyRequest: RequestPayload {
    public static var operation: Operation { .joinSplitKey }

    /// What the parts become.
    public var objectType: ObjectType
    /// The parts.
    public var uniqueIdentifiers: [String]
    /// Where they become Secret Data.
    public var secretDataType: SecretDataType?
    public var templateAttribute: TemplateAttribute?

    /// A payload of these items.
    public init(
        objectType: ObjectType,
        uniqueIdentifiers: [String],
        secretDataType: SecretDataType? = nil,
        templateAttribute: TemplateAttribute? = nil
    ) {
        self.objectType = objectType
        self.uniqueIdentifiers = uniqueIdentifiers
        self.secretDataType = secretDataType
        self.templateAttribute = templateAttribute
    }

    public init(from reader: inout TTLVReader) throws(KMIPError) {
        var objectType: ObjectType?
        var uniqueIdentifiers: [String] = []
        var secretDataType: SecretDataType?
        var templateAttribute: TemplateAttribute?
        while let item = try reader.next() {
            switch item.tag {
            case .objectType where objectType == nil: objectType = try reader.enumeration(item)
            case .uniqueIdentifier: uniqueIdentifiers.append(try reader.text(item))
            case .secretDataType where secretDataType == nil: secretDataType = try reader.enumeration(item)
            case .templateAttribute where templateAttribute == nil: templateAttribute = try reader.nested(item, TemplateAttribute.init(from:))
            case .objectType, .secretDataType, .templateAttribute: throw .duplicate(item)
            default: throw .unexpected(item)
            }
        }
        guard let objectType else { throw .missing(.objectType, in: reader) }
        guard !uniqueIdentifiers.isEmpty else { throw .missing(.uniqueIdentifier, in: reader) }
        self.init(
            objectType: objectType,
            uniqueIdentifiers: uniqueIdentifiers,
            secretDataType: secretDataType,
            templateAttribute: templateAttribute
        )
    }

    public func encode(to writer: inout TTLVWriter) {
        writer.enumeration(.objectType, objectType)
        for value in uniqueIdentifiers { writer.text(.uniqueIdentifier, value) }
        if let secretDataType { writer.enumeration(.secretDataType, secretDataType) }
        if let templateAttribute { templateAttribute.encode(to: &writer) }
    }
}

/// Names the object (KMIP 1.4 §4.39).
public struct JoinSplitKeyResponse: ResponsePayload {
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
