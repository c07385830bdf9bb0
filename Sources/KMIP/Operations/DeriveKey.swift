/// Asks for a key or secret data derived from objects of the server (KMIP 1.4 §4.6).
public struct DeriveKeyRequest: RequestPayload {
    public static var operation: Operation { .deriveKey }

    public var objectType: ObjectType
    /// What to derive from: a key, and secret data to derive over where there is no Derivation Data.
    public var uniqueIdentifiers: [String]
    public var derivationMethod: DerivationMethod
    public var derivationParameters: DerivationParameters
    public var templateAttribute: TemplateAttribute

    /// A payload of these items.
    public init(
        objectType: ObjectType,
        uniqueIdentifiers: [String],
        derivationMethod: DerivationMethod,
        derivationParameters: DerivationParameters,
        templateAttribute: TemplateAttribute
    ) {
        self.objectType = objectType
        self.uniqueIdentifiers = uniqueIdentifiers
        self.derivationMethod = derivationMethod
        self.derivationParameters = derivationParameters
        self.templateAttribute = templateAttribute
    }

    public init(from reader: inout TTLVReader) throws(KMIPError) {
        var objectType: ObjectType?
        var uniqueIdentifiers: [String] = []
        var derivationMethod: DerivationMethod?
        var derivationParameters: DerivationParameters?
        var templateAttribute: TemplateAttribute?
        while let item = try reader.next() {
            switch item.tag {
            case .objectType where objectType == nil: objectType = try reader.enumeration(item)
            case .uniqueIdentifier: uniqueIdentifiers.append(try reader.text(item))
            case .derivationMethod where derivationMethod == nil: derivationMethod = try reader.enumeration(item)
            case .derivationParameters where derivationParameters == nil:
                derivationParameters = try reader.nested(item, DerivationParameters.init(from:))
            case .templateAttribute where templateAttribute == nil: templateAttribute = try reader.nested(item, TemplateAttribute.init(from:))
            case .objectType, .derivationMethod, .derivationParameters, .templateAttribute: throw .duplicate(item)
            default: throw .unexpected(item)
            }
        }
        guard let objectType else { throw .missing(.objectType, in: reader) }
        guard !uniqueIdentifiers.isEmpty else { throw .missing(.uniqueIdentifier, in: reader) }
        guard let derivationMethod else { throw .missing(.derivationMethod, in: reader) }
        guard let derivationParameters else { throw .missing(.derivationParameters, in: reader) }
        guard let templateAttribute else { throw .missing(.templateAttribute, in: reader) }
        self.init(
            objectType: objectType,
            uniqueIdentifiers: uniqueIdentifiers,
            derivationMethod: derivationMethod,
            derivationParameters: derivationParameters,
            templateAttribute: templateAttribute
        )
    }

    public func encode(to writer: inout TTLVWriter) {
        writer.enumeration(.objectType, objectType)
        for value in uniqueIdentifiers { writer.text(.uniqueIdentifier, value) }
        writer.enumeration(.derivationMethod, derivationMethod)
        derivationParameters.encode(to: &writer)
        templateAttribute.encode(to: &writer)
    }
}

/// Names the derived object (KMIP 1.4 §4.6).
public struct DeriveKeyResponse: ResponsePayload {
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
