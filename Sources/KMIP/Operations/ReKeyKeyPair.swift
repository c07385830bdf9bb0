/// Asks for a replacement of a key pair (KMIP 1.4 §4.5).
public struct ReKeyKeyPairRequest: RequestPayload {
    public static var operation: Operation { .reKeyKeyPair }

    /// `nil`: the ID Placeholder of the batch.
    public var privateKeyUniqueIdentifier: String?
    /// Seconds from the Initial Date to the Activation Date of the replacement.
    public var offset: UInt32?
    /// Attributes that both keys get.
    public var commonTemplateAttribute: TemplateAttribute?
    /// Attributes of the private key; these win over the common ones.
    public var privateKeyTemplateAttribute: TemplateAttribute?
    /// Attributes of the public key; these win over the common ones.
    public var publicKeyTemplateAttribute: TemplateAttribute?

    /// A payload of these items.
    public init(
        privateKeyUniqueIdentifier: String? = nil,
        offset: UInt32? = nil,
        commonTemplateAttribute: TemplateAttribute? = nil,
        privateKeyTemplateAttribute: TemplateAttribute? = nil,
        publicKeyTemplateAttribute: TemplateAttribute? = nil
    ) {
        self.privateKeyUniqueIdentifier = privateKeyUniqueIdentifier
        self.offset = offset
        self.commonTemplateAttribute = commonTemplateAttribute
        self.privateKeyTemplateAttribute = privateKeyTemplateAttribute
        self.publicKeyTemplateAttribute = publicKeyTemplateAttribute
    }

    public init(from reader: inout TTLVReader) throws(KMIPError) {
        var privateKeyUniqueIdentifier: String?
        var offset: UInt32?
        var commonTemplateAttribute: TemplateAttribute?
        var privateKeyTemplateAttribute: TemplateAttribute?
        var publicKeyTemplateAttribute: TemplateAttribute?
        while let item = try reader.next() {
            switch item.tag {
            case .privateKeyUniqueIdentifier where privateKeyUniqueIdentifier == nil: privateKeyUniqueIdentifier = try reader.text(item)
            case .offset where offset == nil: offset = try reader.interval(item)
            case .commonTemplateAttribute where commonTemplateAttribute == nil:
                commonTemplateAttribute = try reader.nested(item, TemplateAttribute.init(from:))
            case .privateKeyTemplateAttribute where privateKeyTemplateAttribute == nil:
                privateKeyTemplateAttribute = try reader.nested(item, TemplateAttribute.init(from:))
            case .publicKeyTemplateAttribute where publicKeyTemplateAttribute == nil:
                publicKeyTemplateAttribute = try reader.nested(item, TemplateAttribute.init(from:))
            case .privateKeyUniqueIdentifier,
                .offset,
                .commonTemplateAttribute,
                .privateKeyTemplateAttribute,
                .publicKeyTemplateAttribute:
                throw .duplicate(item)
            default: throw .unexpected(item)
            }
        }
        self.init(
            privateKeyUniqueIdentifier: privateKeyUniqueIdentifier,
            offset: offset,
            commonTemplateAttribute: commonTemplateAttribute,
            privateKeyTemplateAttribute: privateKeyTemplateAttribute,
            publicKeyTemplateAttribute: publicKeyTemplateAttribute
        )
    }

    public func encode(to writer: inout TTLVWriter) {
        if let privateKeyUniqueIdentifier { writer.text(.privateKeyUniqueIdentifier, privateKeyUniqueIdentifier) }
        if let offset { writer.interval(.offset, offset) }
        if let commonTemplateAttribute { commonTemplateAttribute.encode(as: .commonTemplateAttribute, to: &writer) }
        if let privateKeyTemplateAttribute { privateKeyTemplateAttribute.encode(as: .privateKeyTemplateAttribute, to: &writer) }
        if let publicKeyTemplateAttribute { publicKeyTemplateAttribute.encode(as: .publicKeyTemplateAttribute, to: &writer) }
    }
}

/// Names the replacements (KMIP 1.4 §4.5).
public struct ReKeyKeyPairResponse: ResponsePayload {
    public var privateKeyUniqueIdentifier: String
    public var publicKeyUniqueIdentifier: String
    /// What the server set beyond the request.
    public var privateKeyTemplateAttribute: TemplateAttribute?
    /// What the server set beyond the request.
    public var publicKeyTemplateAttribute: TemplateAttribute?

    /// A payload of these items.
    public init(
        privateKeyUniqueIdentifier: String,
        publicKeyUniqueIdentifier: String,
        privateKeyTemplateAttribute: TemplateAttribute? = nil,
        publicKeyTemplateAttribute: TemplateAttribute? = nil
    ) {
        self.privateKeyUniqueIdentifier = privateKeyUniqueIdentifier
        self.publicKeyUniqueIdentifier = publicKeyUniqueIdentifier
        self.privateKeyTemplateAttribute = privateKeyTemplateAttribute
        self.publicKeyTemplateAttribute = publicKeyTemplateAttribute
    }

    public init(from reader: inout TTLVReader) throws(KMIPError) {
        var privateKeyUniqueIdentifier: String?
        var publicKeyUniqueIdentifier: String?
        var privateKeyTemplateAttribute: TemplateAttribute?
        var publicKeyTemplateAttribute: TemplateAttribute?
        while let item = try reader.next() {
            switch item.tag {
            case .privateKeyUniqueIdentifier where privateKeyUniqueIdentifier == nil: privateKeyUniqueIdentifier = try reader.text(item)
            case .publicKeyUniqueIdentifier where publicKeyUniqueIdentifier == nil: publicKeyUniqueIdentifier = try reader.text(item)
            case .privateKeyTemplateAttribute where privateKeyTemplateAttribute == nil:
                privateKeyTemplateAttribute = try reader.nested(item, TemplateAttribute.init(from:))
            case .publicKeyTemplateAttribute where publicKeyTemplateAttribute == nil:
                publicKeyTemplateAttribute = try reader.nested(item, TemplateAttribute.init(from:))
            case .privateKeyUniqueIdentifier,
                .publicKeyUniqueIdentifier,
                .privateKeyTemplateAttribute,
                .publicKeyTemplateAttribute:
                throw .duplicate(item)
            default: throw .unexpected(item)
            }
        }
        guard let privateKeyUniqueIdentifier else { throw .missing(.privateKeyUniqueIdentifier, in: reader) }
        guard let publicKeyUniqueIdentifier else { throw .missing(.publicKeyUniqueIdentifier, in: reader) }
        self.init(
            privateKeyUniqueIdentifier: privateKeyUniqueIdentifier,
            publicKeyUniqueIdentifier: publicKeyUniqueIdentifier,
            privateKeyTemplateAttribute: privateKeyTemplateAttribute,
            publicKeyTemplateAttribute: publicKeyTemplateAttribute
        )
    }

    public func encode(to writer: inout TTLVWriter) {
        writer.text(.privateKeyUniqueIdentifier, privateKeyUniqueIdentifier)
        writer.text(.publicKeyUniqueIdentifier, publicKeyUniqueIdentifier)
        if let privateKeyTemplateAttribute { privateKeyTemplateAttribute.encode(as: .privateKeyTemplateAttribute, to: &writer) }
        if let publicKeyTemplateAttribute { publicKeyTemplateAttribute.encode(as: .publicKeyTemplateAttribute, to: &writer) }
    }
}
