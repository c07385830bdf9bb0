internal import KMIP
internal import NIOCore

/// The form that an attribute's value has to have: item type, size, fields of a structure (the tables of KMIP 1.4 §3).
enum AttributeForm {
    /// Instances of one multi-valued attribute on one object.
    static let maximumInstances = 64
    /// The longest name, custom attribute name or text, in bytes.
    static let maximumTextSize = 4096

    /// One field of a structure.
    private struct Field {
        let tag: Tag
        let type: ItemType
        let isRequired: Bool

        init(_ tag: Tag, _ type: ItemType, _ isRequired: Bool = true) {
            self.tag = tag
            self.type = type
            self.isRequired = isRequired
        }
    }

    private static let structures: [AttributeName: [Field]] = [
        .name: [Field(.nameValue, .textString), Field(.nameType, .enumeration)],
        .alternativeName: [Field(.alternativeNameValue, .textString), Field(.alternativeNameType, .enumeration)],
        .link: [Field(.linkType, .enumeration), Field(.linkedObjectIdentifier, .textString)],
        .applicationSpecificInformation: [Field(.applicationNamespace, .textString), Field(.applicationData, .textString, false)],
        .keyValueLocation: [Field(.keyValueLocationValue, .textString), Field(.keyValueLocationType, .enumeration)],
        .usageLimits: [
            Field(.usageLimitsTotal, .longInteger), Field(.usageLimitsCount, .longInteger, false), Field(.usageLimitsUnit, .enumeration),
        ],
        .cryptographicDomainParameters: [Field(.qLength, .integer, false), Field(.recommendedCurve, .enumeration, false)],
        .randomNumberGenerator: [
            Field(.rngAlgorithm, .enumeration), Field(.cryptographicAlgorithm, .enumeration, false), Field(.cryptographicLength, .integer, false),
            Field(.hashingAlgorithm, .enumeration, false), Field(.drbgAlgorithm, .enumeration, false),
            Field(.recommendedCurve, .enumeration, false), Field(.fips186Variation, .enumeration, false),
            Field(.predictionResistance, .boolean, false),
        ],
    ]

    /// A value as it is kept: checked, the fields of a structure in the order of the standard, so that equal values are equal bytes.
    /// - Throws: *Invalid Field* for another type, size or structure; *Application Namespace Not Supported* where the server would have
    ///   to make the Application Data.
    static func checked(_ value: AttributeValue, of name: AttributeName) throws(OperationFailure) -> AttributeValue {
        if let definition = AttributeDefinition.of(name), definition.type != value.type {
            throw OperationFailure(.invalidField, "The attribute \(name) is not of its item type")
        }
        guard value.size <= maximumTextSize else {
            throw OperationFailure(.invalidField, "The attribute \(name) is longer than \(maximumTextSize) bytes")
        }
        guard case .structure(let sent) = value else { return value }
        if name.isCustom {
            // KMIP 1.4 §3.39.
            guard sent.allSatisfy({ $0.value.type != .structure }) else {
                throw OperationFailure(.invalidField, "A custom attribute that is a structure holds no other structure")
            }
            return value
        }
        if name == .cryptographicParameters {
            guard AttributeSet([Attribute(name, value)]).cryptographicParameters != nil else {
                throw OperationFailure(.invalidField, "The Cryptographic Parameters are not well-formed")
            }
            return value
        }
        guard let fields = structures[name] else { return value }
        var result: [AttributeValue.Field] = []
        for field in fields {
            let found = sent.filter { $0.tag == field.tag }
            guard found.count <= 1, found.allSatisfy({ $0.value.type == field.type }), !field.isRequired || found.count == 1 else {
                throw OperationFailure(.invalidField, "\(field.tag) of the attribute \(name) is missing, doubled or of another item type")
            }
            result += found
        }
        guard result.count == sent.count else {
            throw OperationFailure(.invalidField, "The attribute \(name) holds a field that it does not have")
        }
        try checkContent(.structure(result), of: name)
        return .structure(result)
    }

    private static func checkContent(_ value: AttributeValue, of name: AttributeName) throws(OperationFailure) {
        switch name {
        case .name:
            guard value[.nameValue] != .text("") else { throw OperationFailure(.invalidField, "The Name Value is empty") }
        case .applicationSpecificInformation:
            guard value[.applicationData] != nil else {
                throw OperationFailure(.applicationNamespaceNotSupported, "The server makes no Application Data; send it")
            }
        case .usageLimits:
            guard let limits = UsageLimits(value), limits.total >= 0, limits.unit.name != nil else {
                throw OperationFailure(.invalidField, "Usage Limits have a total that is not negative, and a unit that is known")
            }
        default: break
        }
    }
}

extension AttributeValue {
    /// Bytes of text, byte strings and structures, all levels together; other values count 8.
    fileprivate var size: Int {
        switch self {
        case .structure(let fields): fields.reduce(8) { $0 + $1.value.size }
        case .text(let text): text.utf8.count
        case .bytes(let bytes), .bigInteger(let bytes): bytes.count
        default: 8
        }
    }
}
