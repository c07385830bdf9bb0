/// Asks for a replacement of a symmetric key (KMIP 1.4 §4.4).
public struct ReKeyRequest: RequestPayload {
    public static var operation: Operation { .reKey }

    /// `nil`: the ID Placeholder of the batch.
    public var uniqueIdentifier: String?
    /// Seconds from the Initial Date to the Activation Date of the replacement.
    public var offset: UInt32?
    public var templateAttribute: TemplateAttribute?

    /// A payload of these items.
    public init(uniqueIdentifier: String? = nil, offset: UInt32? = nil, templateAttribute: TemplateAttribute? = nil) {
        self.uniqueIdentifier = uniqueIdentifier
        self.offset = offset
        self.templateAttribute = templateAttribute
    }

    public init(from reader: inout TTLVReader) throws(KMIPError) {
        var uniqueIdentifier: String?
        var offset: UInt32?
        var templateAttribute: TemplateAttribute?
        while let item = try reader.next() {
            switch item.tag {
            case .uniqueIdentifier where uniqueIdentifier == nil: uniqueIdentifier = try reader.text(item)
            case .offset where offset == nil: offset = try reader.interval(item)
            case .templateAttribute where templateAttribute == nil: templateAttribute = try reader.nested(item, TemplateAttribute.init(from:))
            case .uniqueIdentifier, .offset, .templateAttribute: throw .duplicate(item)
            default: throw .unexpected(item)
            }
        }
        self.init(uniqueIdentifier: uniqueIdentifier, offset: offset, templateAttribute: templateAttribute)
    }

    public func encode(to writer: inout TTLVWriter) {
        if let uniqueIdentifier { writer.text(.uniqueIdentifier, uniqueIdentifier) }
        if let offset { writer.interval(.offset, offset) }
        if let templateAttribute { templateAttribute.encode(to: &writer) }
    }
}

/// Names the replacement (KMIP 1.4 §4.4).
public struct ReKeyResponse: ResponsePayload {
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
