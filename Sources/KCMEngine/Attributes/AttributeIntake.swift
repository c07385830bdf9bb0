internal import KCMCrypto
internal import KMIP

/// Takes the attributes that a client sends for a new object, and refuses those that it may not set (KMIP 1.4 §3, §11.2, §11.4).
enum AttributeIntake {
    /// Attributes of one request, all instances together.
    static let maximumAttributes = 256

    /// Without templates by name: those come through ``Engine/take(_:in:)``.
    /// - Throws: *Invalid Field* where an attribute is unknown, is the server's to set, is of the wrong type or stands twice.
    static func take(_ attributes: [Attribute]) throws(OperationFailure) -> AttributeSet {
        guard attributes.count <= maximumAttributes else {
            throw OperationFailure(.indexOutOfBounds, "The request sets more than \(maximumAttributes) attributes")
        }
        var result = AttributeSet()
        for attribute in attributes {
            let name = attribute.name
            guard let sent = attribute.value else { throw OperationFailure(.invalidField, "The attribute \(name) has no value") }
            if name == .level { continue }
            let isMultiInstance: Bool
            if let definition = AttributeDefinition.of(name) {
                guard definition.origin != .server else {
                    throw OperationFailure(.invalidField, "The attribute \(name) is set by the server alone")
                }
                isMultiInstance = definition.isMultiInstance
            } else {
                guard name.isClientMade, name.rawValue.utf8.count <= AttributeForm.maximumTextSize else {
                    throw OperationFailure(.invalidField, "The server does not know this attribute; names of clients' own start with x-")
                }
                isMultiInstance = true
            }
            var value = try AttributeForm.checked(sent, of: name)
            // The count is the server's (KMIP 1.4 §3.21).
            if name == .usageLimits, let limits = UsageLimits(value) { value = limits.unused.attributeValue }
            let present = result.all(name)
            if isMultiInstance {
                guard present.count < AttributeForm.maximumInstances else {
                    throw OperationFailure(.indexOutOfBounds, "The attribute \(name) has more than \(AttributeForm.maximumInstances) instances")
                }
                if !present.contains(where: { $0.value == value }) { result.add(name, value) }
            } else {
                guard present.isEmpty else { throw OperationFailure(.invalidField, "The attribute \(name) has one instance only") }
                result.set(name, value)
            }
        }
        try DateRules.checkOrder(result)
        return result
    }

    /// The Digest attribute over an object's bytes (KMIP 1.4 §3.17): SHA-256.
    static func digest(_ material: Material) -> AttributeValue {
        let digest = material.key.bytes.withUnsafeBytes { SHA256.hash($0) }
        var fields: [AttributeValue.Field] = [
            .init(.hashingAlgorithm, .enumeration(HashingAlgorithm.sha256.rawValue)), .init(.digestValue, .bytes(digest)),
        ]
        switch material.form {
        case .keyBytes(let format), .keyStructure(let format), .wrappedKey(let format, _), .wrappedMaterial(let format, _), .absent(let format):
            fields.append(.init(.keyFormatType, .enumeration(format.rawValue)))
        case .value: break
        }
        return .structure(fields)
    }
}

extension AttributeName {
    /// A custom attribute that a client may set: names with `y-` are the server's (KMIP 1.4 §3.39), and so is the level.
    var isClientMade: Bool { rawValue.hasPrefix("x-") && self != .level }
}
