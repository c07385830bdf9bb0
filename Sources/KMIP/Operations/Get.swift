/// Asks for an object itself (KMIP 1.4 §4.11).
public struct GetRequest: RequestPayload {
    public static var operation: Operation { .get }

    /// `nil`: the ID Placeholder of the batch.
    public var uniqueIdentifier: String?
    public var keyFormatType: KeyFormatType?
    /// KMIP 1.4.
    public var keyWrapType: KeyWrapType?
    public var keyCompressionType: KeyCompressionType?
    public var keyWrappingSpecification: KeyWrappingSpecification?

    /// A payload of these items.
    public init(
        uniqueIdentifier: String? = nil,
        keyFormatType: KeyFormatType? = nil,
        keyWrapType: KeyWrapType? = nil,
        keyCompressionType: KeyCompressionType? = nil,
        keyWrappingSpecification: KeyWrappingSpecification? = nil
    ) {
        self.uniqueIdentifier = uniqueIdentifier
        self.keyFormatType = keyFormatType
        self.keyWrapType = keyWrapType
        self.keyCompressionType = keyCompressionType
        self.keyWrappingSpecification = keyWrappingSpecification
    }

    public init(from reader: inout TTLVReader) throws(KMIPError) {
        var uniqueIdentifier: String?
        var keyFormatType: KeyFormatType?
        var keyWrapType: KeyWrapType?
        var keyCompressionType: KeyCompressionType?
        var keyWrappingSpecification: KeyWrappingSpecification?
        while let item = try reader.next() {
            switch item.tag {
            case .uniqueIdentifier where uniqueIdentifier == nil: uniqueIdentifier = try reader.text(item)
            case .keyFormatType where keyFormatType == nil: keyFormatType = try reader.enumeration(item)
            case .keyWrapType where keyWrapType == nil: keyWrapType = try reader.enumeration(item)
            case .keyCompressionType where keyCompressionType == nil: keyCompressionType = try reader.enumeration(item)
            case .keyWrappingSpecification where keyWrappingSpecification == nil:
                keyWrappingSpecification = try reader.nested(item, KeyWrappingSpecification.init(from:))
            case .uniqueIdentifier,
                .keyFormatType,
                .keyWrapType,
                .keyCompressionType,
                .keyWrappingSpecification:
                throw .duplicate(item)
            default: throw .unexpected(item)
            }
        }
        self.init(
            uniqueIdentifier: uniqueIdentifier,
            keyFormatType: keyFormatType,
            keyWrapType: keyWrapType,
            keyCompressionType: keyCompressionType,
            keyWrappingSpecification: keyWrappingSpecification
        )
    }

    public func encode(to writer: inout TTLVWriter) {
        if let uniqueIdentifier { writer.text(.uniqueIdentifier, uniqueIdentifier) }
        if let keyFormatType { writer.enumeration(.keyFormatType, keyFormatType) }
        if let keyWrapType { writer.enumeration(.keyWrapType, keyWrapType) }
        if let keyCompressionType { writer.enumeration(.keyCompressionType, keyCompressionType) }
        if let keyWrappingSpecification { keyWrappingSpecification.encode(to: &writer) }
    }
}

/// Holds the object (KMIP 1.4 §4.11), as a client reads it. The server writes key bytes straight from locked memory instead.
public struct GetResponse: ResponsePayload {
    public var objectType: ObjectType
    public var uniqueIdentifier: String
    public var object: ManagedObject

    /// A payload of these items.
    public init(objectType: ObjectType, uniqueIdentifier: String, object: ManagedObject) {
        self.objectType = objectType
        self.uniqueIdentifier = uniqueIdentifier
        self.object = object
    }

    public init(from reader: inout TTLVReader) throws(KMIPError) {
        var objectType: ObjectType?
        var uniqueIdentifier: String?
        var object: ManagedObject?
        while let item = try reader.next() {
            switch item.tag {
            case .objectType where objectType == nil: objectType = try reader.enumeration(item)
            case .uniqueIdentifier where uniqueIdentifier == nil: uniqueIdentifier = try reader.text(item)
            case _ where object == nil && ManagedObject.tags.contains(item.tag): object = try ManagedObject(item, of: reader)
            case .objectType, .uniqueIdentifier: throw .duplicate(item)
            default: throw .unexpected(item)
            }
        }
        guard let objectType else { throw .missing(.objectType, in: reader) }
        guard let uniqueIdentifier else { throw .missing(.uniqueIdentifier, in: reader) }
        guard let object else { throw .missing(.keyBlock, in: reader) }
        self.init(objectType: objectType, uniqueIdentifier: uniqueIdentifier, object: object)
    }

    public func encode(to writer: inout TTLVWriter) {
        writer.enumeration(.objectType, objectType)
        writer.text(.uniqueIdentifier, uniqueIdentifier)
        object.encode(to: &writer)
    }
}
