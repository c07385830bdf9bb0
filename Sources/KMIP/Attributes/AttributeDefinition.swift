/// What the standard fixes of an attribute (the table at the head of each section of KMIP 1.4 §3).
public struct AttributeDefinition: Sendable {
    public let name: AttributeName
    public let type: ItemType
    /// The version that brought it.
    public let since: ProtocolVersion
    /// Several instances are allowed, told apart by their index.
    public let isMultiInstance: Bool
    /// Who may give the first value.
    public let origin: Origin
    /// A client may change it after creation, where the object's state allows.
    public let isModifiable: Bool
    /// A client may delete it.
    public let isDeletable: Bool

    /// Who may give an attribute its first value.
    public enum Origin: Sendable {
        /// The server alone.
        case server
        /// A client when the object is made, and never later.
        case creation
        /// A client at any time.
        case client
    }

    /// The definition of a standard attribute; `nil` for custom and unknown ones.
    public static func of(_ name: AttributeName) -> AttributeDefinition? { table[name] }

    /// All standard attributes, in the order of the standard.
    public static let all: [AttributeDefinition] = [
        .init(.uniqueIdentifier, .textString, .v1_0, multi: false, .server, modify: false, delete: false),
        .init(.name, .structure, .v1_0, multi: true, .client, modify: true, delete: true),
        .init(.objectType, .enumeration, .v1_0, multi: false, .server, modify: false, delete: false),
        .init(.cryptographicAlgorithm, .enumeration, .v1_0, multi: false, .creation, modify: false, delete: false),
        .init(.cryptographicLength, .integer, .v1_0, multi: false, .creation, modify: false, delete: false),
        .init(.cryptographicParameters, .structure, .v1_0, multi: true, .client, modify: true, delete: true),
        .init(.cryptographicDomainParameters, .structure, .v1_0, multi: false, .creation, modify: false, delete: false),
        .init(.certificateType, .enumeration, .v1_0, multi: false, .creation, modify: false, delete: false),
        .init(.certificateLength, .integer, .v1_1, multi: false, .server, modify: false, delete: false),
        .init(.x509CertificateIdentifier, .structure, .v1_1, multi: false, .server, modify: false, delete: false),
        .init(.x509CertificateSubject, .structure, .v1_1, multi: false, .server, modify: false, delete: false),
        .init(.x509CertificateIssuer, .structure, .v1_1, multi: false, .server, modify: false, delete: false),
        .init(.certificateIdentifier, .structure, .v1_0, multi: false, .server, modify: false, delete: false),
        .init(.certificateSubject, .structure, .v1_0, multi: false, .server, modify: false, delete: false),
        .init(.certificateIssuer, .structure, .v1_0, multi: false, .server, modify: false, delete: false),
        .init(.digitalSignatureAlgorithm, .enumeration, .v1_1, multi: true, .server, modify: false, delete: false),
        .init(.digest, .structure, .v1_0, multi: true, .server, modify: false, delete: false),
        .init(.operationPolicyName, .textString, .v1_0, multi: false, .creation, modify: false, delete: false),
        .init(.cryptographicUsageMask, .integer, .v1_0, multi: false, .creation, modify: false, delete: false),
        .init(.leaseTime, .interval, .v1_0, multi: false, .server, modify: false, delete: false),
        .init(.usageLimits, .structure, .v1_0, multi: false, .client, modify: true, delete: true),
        .init(.state, .enumeration, .v1_0, multi: false, .server, modify: false, delete: false),
        .init(.initialDate, .dateTime, .v1_0, multi: false, .server, modify: false, delete: false),
        .init(.activationDate, .dateTime, .v1_0, multi: false, .client, modify: true, delete: false),
        .init(.processStartDate, .dateTime, .v1_0, multi: false, .client, modify: true, delete: false),
        .init(.protectStopDate, .dateTime, .v1_0, multi: false, .client, modify: true, delete: false),
        .init(.deactivationDate, .dateTime, .v1_0, multi: false, .client, modify: true, delete: false),
        .init(.destroyDate, .dateTime, .v1_0, multi: false, .server, modify: false, delete: false),
        .init(.compromiseOccurrenceDate, .dateTime, .v1_0, multi: false, .server, modify: false, delete: false),
        .init(.compromiseDate, .dateTime, .v1_0, multi: false, .server, modify: false, delete: false),
        .init(.revocationReason, .structure, .v1_0, multi: false, .server, modify: false, delete: false),
        .init(.archiveDate, .dateTime, .v1_0, multi: false, .server, modify: false, delete: false),
        .init(.objectGroup, .textString, .v1_0, multi: true, .client, modify: true, delete: true),
        .init(.fresh, .boolean, .v1_1, multi: false, .creation, modify: false, delete: false),
        .init(.link, .structure, .v1_0, multi: true, .client, modify: true, delete: true),
        .init(.applicationSpecificInformation, .structure, .v1_0, multi: true, .client, modify: true, delete: true),
        .init(.contactInformation, .textString, .v1_0, multi: false, .client, modify: true, delete: true),
        .init(.lastChangeDate, .dateTime, .v1_0, multi: false, .server, modify: false, delete: false),
        .init(.alternativeName, .structure, .v1_2, multi: true, .client, modify: true, delete: true),
        .init(.keyValuePresent, .boolean, .v1_2, multi: false, .server, modify: false, delete: false),
        .init(.keyValueLocation, .structure, .v1_2, multi: true, .client, modify: true, delete: true),
        .init(.originalCreationDate, .dateTime, .v1_2, multi: false, .creation, modify: false, delete: false),
        .init(.randomNumberGenerator, .structure, .v1_3, multi: false, .creation, modify: false, delete: false),
        .init(.pkcs12FriendlyName, .textString, .v1_4, multi: false, .client, modify: true, delete: true),
        .init(.description, .textString, .v1_4, multi: false, .client, modify: true, delete: true),
        .init(.comment, .textString, .v1_4, multi: false, .client, modify: true, delete: true),
        .init(.sensitive, .boolean, .v1_4, multi: false, .client, modify: true, delete: false),
        .init(.alwaysSensitive, .boolean, .v1_4, multi: false, .server, modify: false, delete: false),
        .init(.extractable, .boolean, .v1_4, multi: false, .client, modify: true, delete: false),
        .init(.neverExtractable, .boolean, .v1_4, multi: false, .server, modify: false, delete: false),
    ]

    private static let table = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

    private init(
        _ name: AttributeName,
        _ type: ItemType,
        _ since: ProtocolVersion,
        multi: Bool,
        _ origin: Origin,
        modify: Bool,
        delete: Bool
    ) {
        self.name = name
        self.type = type
        self.since = since
        isMultiInstance = multi
        self.origin = origin
        isModifiable = modify
        isDeletable = delete
    }
}
