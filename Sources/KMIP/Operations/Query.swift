/// Asks what the server can do (KMIP 1.4 §4.25).
public struct QueryRequest: RequestPayload {
    public static var operation: Operation { .query }

    public var queryFunctions: [QueryFunction]

    /// A payload of these items.
    public init(queryFunctions: [QueryFunction] = []) {
        self.queryFunctions = queryFunctions
    }

    public init(from reader: inout TTLVReader) throws(KMIPError) {
        var queryFunctions: [QueryFunction] = []
        while let item = try reader.next() {
            switch item.tag {
            case .queryFunction: queryFunctions.append(try reader.enumeration(item))
            default: throw .unexpected(item)
            }
        }
        self.init(queryFunctions: queryFunctions)
    }

    public func encode(to writer: inout TTLVWriter) {
        for value in queryFunctions { writer.enumeration(.queryFunction, value) }
    }
}

/// Says what the server can do (KMIP 1.4 §4.25). What a client of this codec does not read is kept out.
public struct QueryResponse: ResponsePayload {
    public var operations: [Operation]
    public var objectTypes: [ObjectType]
    public var vendorIdentification: String?
    public var applicationNamespaces: [String]
    /// KMIP 1.3.
    public var profiles: [ProfileName]
    /// KMIP 1.3.
    public var rngs: [RNGAlgorithm]

    /// A payload of these items.
    public init(
        operations: [Operation] = [],
        objectTypes: [ObjectType] = [],
        vendorIdentification: String? = nil,
        applicationNamespaces: [String] = [],
        profiles: [ProfileName] = [],
        rngs: [RNGAlgorithm] = []
    ) {
        self.operations = operations
        self.objectTypes = objectTypes
        self.vendorIdentification = vendorIdentification
        self.applicationNamespaces = applicationNamespaces
        self.profiles = profiles
        self.rngs = rngs
    }

    public init(from reader: inout TTLVReader) throws(KMIPError) {
        self.init()
        while let item = try reader.next() {
            switch item.tag {
            case .operation: operations.append(try reader.enumeration(item))
            case .objectType: objectTypes.append(try reader.enumeration(item))
            case .vendorIdentification: vendorIdentification = try reader.text(item)
            case .applicationNamespace: applicationNamespaces.append(try reader.text(item))
            default: try reader.validate(item)
            }
        }
    }

    public func encode(to writer: inout TTLVWriter) {
        for value in operations { writer.enumeration(.operation, value) }
        for value in objectTypes { writer.enumeration(.objectType, value) }
        if let vendorIdentification { writer.text(.vendorIdentification, vendorIdentification) }
        for value in applicationNamespaces { writer.text(.applicationNamespace, value) }
        for value in rngs {
            let mark = writer.beginStructure(.rngParameters)
            writer.enumeration(.rngAlgorithm, value)
            writer.endStructure(mark)
        }
        for value in profiles {
            let mark = writer.beginStructure(.profileInformation)
            writer.enumeration(.profileName, value)
            writer.endStructure(mark)
        }
    }
}
