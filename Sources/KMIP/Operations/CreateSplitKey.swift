/// Asks to split a key, a new one or one of the server (KMIP 1.4 §4.38).
public struct CreateSplitKeyRequest: RequestPayload {
    public static var operation: Operation { .createSplitKey }

    public var objectType: ObjectType
    /// The key to split; `nil`: a new one.
    public var uniqueIdentifier: String?
    /// How many parts there will be.
    public var splitKeyParts: Int32
    /// How many of them give the key back.
    public var splitKeyThreshold: Int32
    public var splitKeyMethod: SplitKeyMethod
    /// The prime of the method Polynomial Sharing Prime Field.
    public var primeFieldSize: [UInt8]?
    public var templateAttribute: TemplateAttribute

    /// A payload of these items.
    public init(
        objectType: ObjectType,
        uniqueIdentifier: String? = nil,
        splitKeyParts: Int32,
        splitKeyThreshold: Int32,
        splitKeyMethod: SplitKeyMethod,
        primeFieldSize: [UInt8]? = nil,
        templateAttribute: TemplateAttribute
    ) {
        self.objectType = objectType
        self.uniqueIdentifier = uniqueIdentifier
        self.splitKeyParts = splitKeyParts
        self.splitKeyThreshold = splitKeyThreshold
        self.splitKeyMethod = splitKeyMethod
        self.primeFieldSize = primeFieldSize
        self.templateAttribute = templateAttribute
    }

    public init(from reader: inout TTLVReader) throws(KMIPError) {
        var objectType: ObjectType?
        var uniqueIdentifier: String?
        var splitKeyParts: Int32?
        var splitKeyThreshold: Int32?
        var splitKeyMethod: SplitKeyMethod?
        var primeFieldSize: [UInt8]?
        var templateAttribute: TemplateAttribute?
        while let item = try reader.next() {
            switch item.tag {
            case .objectType where objectType == nil: objectType = try reader.enumeration(item)
            case .uniqueIdentifier where uniqueIdentifier == nil: uniqueIdentifier = try reader.text(item)
            case .splitKeyParts where splitKeyParts == nil: splitKeyParts = try reader.integer(item)
            case .splitKeyThreshold where splitKeyThreshold == nil: splitKeyThreshold = try reader.integer(item)
            case .splitKeyMethod where splitKeyMethod == nil: splitKeyMethod = try reader.enumeration(item)
            case .primeFieldSize where primeFieldSize == nil: primeFieldSize = try reader.bigInteger(item)
            case .templateAttribute where templateAttribute == nil: templateAttribute = try reader.nested(item, TemplateAttribute.init(from:))
            case .objectType,
                .uniqueIdentifier,
                .splitKeyParts,
                .splitKeyThreshold,
                .splitKeyMethod,
                .primeFieldSize,
                .templateAttribute:
                throw .duplicate(item)
            default: throw .unexpected(item)
            }
        }
        guard let objectType else { throw .missing(.objectType, in: reader) }
        guard let splitKeyParts else { throw .missing(.splitKeyParts, in: reader) }
        guard let splitKeyThreshold else { throw .missing(.splitKeyThreshold, in: reader) }
        guard let splitKeyMethod else { throw .missing(.splitKeyMethod, in: reader) }
        guard let templateAttribute else { throw .missing(.templateAttribute, in: reader) }
        self.init(
            objectType: objectType,
            uniqueIdentifier: uniqueIdentifier,
            splitKeyParts: splitKeyParts,
            splitKeyThreshold: splitKeyThreshold,
            splitKeyMethod: splitKeyMethod,
            primeFieldSize: primeFieldSize,
            templateAttribute: templateAttribute
        )
    }

    public func encode(to writer: inout TTLVWriter) {
        writer.enumeration(.objectType, objectType)
        if let uniqueIdentifier { writer.text(.uniqueIdentifier, uniqueIdentifier) }
        writer.integer(.splitKeyParts, splitKeyParts)
        writer.integer(.splitKeyThreshold, splitKeyThreshold)
        writer.enumeration(.splitKeyMethod, splitKeyMethod)
        if let primeFieldSize { writer.bigInteger(.primeFieldSize, primeFieldSize) }
        templateAttribute.encode(to: &writer)
    }
}

/// Names the parts, by their Key Part Identifiers (KMIP 1.4 §4.38).
public struct CreateSplitKeyResponse: ResponsePayload {
    public var uniqueIdentifiers: [String]
    /// What the server set beyond the request.
    public var templateAttribute: TemplateAttribute?

    /// A payload of these items.
    public init(uniqueIdentifiers: [String], templateAttribute: TemplateAttribute? = nil) {
        self.uniqueIdentifiers = uniqueIdentifiers
        self.templateAttribute = templateAttribute
    }

    public init(from reader: inout TTLVReader) throws(KMIPError) {
        var uniqueIdentifiers: [String] = []
        var templateAttribute: TemplateAttribute?
        while let item = try reader.next() {
            switch item.tag {
            case .uniqueIdentifier: uniqueIdentifiers.append(try reader.text(item))
            case .templateAttribute where templateAttribute == nil: templateAttribute = try reader.nested(item, TemplateAttribute.init(from:))
            case .templateAttribute: throw .duplicate(item)
            default: throw .unexpected(item)
            }
        }
        guard !uniqueIdentifiers.isEmpty else { throw .missing(.uniqueIdentifier, in: reader) }
        self.init(uniqueIdentifiers: uniqueIdentifiers, templateAttribute: templateAttribute)
    }

    public func encode(to writer: inout TTLVWriter) {
        for value in uniqueIdentifiers { writer.text(.uniqueIdentifier, value) }
        if let templateAttribute { templateAttribute.encode(to: &writer) }
    }
}
