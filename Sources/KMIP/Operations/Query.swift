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
    /// A Server Information structure is there; nothing is in it.
    public var hasServerInformation: Bool
    public var applicationNamespaces: [String]
    /// KMIP 1.3.
    public var rngs: [RNGParameters]
    /// KMIP 1.3.
    public var profiles: [ProfileName]
    /// KMIP 1.3.
    public var capabilities: CapabilityInformation?

    /// A payload of these items.
    public init(
        operations: [Operation] = [],
        objectTypes: [ObjectType] = [],
        vendorIdentification: String? = nil,
        hasServerInformation: Bool = false,
        applicationNamespaces: [String] = [],
        rngs: [RNGParameters] = [],
        profiles: [ProfileName] = [],
        capabilities: CapabilityInformation? = nil
    ) {
        self.operations = operations
        self.objectTypes = objectTypes
        self.vendorIdentification = vendorIdentification
        self.hasServerInformation = hasServerInformation
        self.applicationNamespaces = applicationNamespaces
        self.rngs = rngs
        self.profiles = profiles
        self.capabilities = capabilities
    }

    public init(from reader: inout TTLVReader) throws(KMIPError) {
        self.init()
        while let item = try reader.next() {
            switch item.tag {
            case .operation: operations.append(try reader.enumeration(item))
            case .objectType: objectTypes.append(try reader.enumeration(item))
            case .vendorIdentification: vendorIdentification = try reader.text(item)
            case .applicationNamespace: applicationNamespaces.append(try reader.text(item))
            case .serverInformation:
                try reader.validate(item)
                hasServerInformation = true
            case .rngParameters: rngs.append(try reader.nested(item, RNGParameters.init(from:)))
            case .profileInformation: profiles.append(try reader.nested(item, Self.profile))
            case .capabilityInformation: capabilities = try reader.nested(item, CapabilityInformation.init(from:))
            default: try reader.validate(item)
            }
        }
    }

    /// The name; where a profile is served at another address, that is left out.
    private static func profile(_ reader: inout TTLVReader) throws(KMIPError) -> ProfileName {
        var name: ProfileName?
        while let item = try reader.next() {
            if item.tag == .profileName { name = try reader.enumeration(item) } else { try reader.validate(item) }
        }
        guard let name else { throw .missing(.profileName, in: reader) }
        return name
    }

    public func encode(to writer: inout TTLVWriter) {
        for value in operations { writer.enumeration(.operation, value) }
        for value in objectTypes { writer.enumeration(.objectType, value) }
        if let vendorIdentification { writer.text(.vendorIdentification, vendorIdentification) }
        if hasServerInformation { writer.endStructure(writer.beginStructure(.serverInformation)) }
        for value in applicationNamespaces { writer.text(.applicationNamespace, value) }
        for value in rngs { value.encode(as: .rngParameters, to: &writer) }
        for value in profiles {
            let mark = writer.beginStructure(.profileInformation)
            writer.enumeration(.profileName, value)
            writer.endStructure(mark)
        }
        if let capabilities { capabilities.encode(to: &writer) }
    }
}
