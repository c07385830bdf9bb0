internal import KCMCrypto
internal import KMIP

/// Takes the attributes that a client sends for a new object, and refuses those that it may not set (KMIP 1.4 §3, §11.2, §11.4).
enum AttributeIntake {
    /// Instances of one multi-valued attribute on one object.
    static let maximumInstances = 64
    /// Attributes of one request, all instances together.
    static let maximumAttributes = 256
    /// The longest name, custom attribute name or text, in bytes.
    static let maximumTextSize = 4096

    /// - Throws: *Invalid Field* where an attribute is unknown, is the server's to set, is of the wrong type or stands twice.
    static func take(_ template: TemplateAttribute) throws(OperationFailure) -> AttributeSet {
        guard template.names.isEmpty else {
            throw OperationFailure(.itemNotFound, "Templates are not held by this server")
        }
        guard template.attributes.count <= maximumAttributes else {
            throw OperationFailure(.indexOutOfBounds, "The request sets more than \(maximumAttributes) attributes")
        }
        var result = AttributeSet()
        for attribute in template.attributes {
            let name = attribute.name
            guard var value = attribute.value else { throw OperationFailure(.invalidField, "The attribute \(name) has no value") }
            if name == .level { continue }
            let isMultiInstance: Bool
            if let definition = AttributeDefinition.of(name) {
                guard definition.origin != .server else {
                    throw OperationFailure(.invalidField, "The attribute \(name) is set by the server alone")
                }
                guard definition.type == value.type else {
                    throw OperationFailure(.invalidField, "The attribute \(name) is not of its item type")
                }
                isMultiInstance = definition.isMultiInstance
            } else {
                guard name.isCustom, name.rawValue.utf8.count <= maximumTextSize else {
                    throw OperationFailure(.invalidField, "The server does not know this attribute; names of custom ones start with x- or y-")
                }
                isMultiInstance = true
            }
            guard value.size <= maximumTextSize else {
                throw OperationFailure(.invalidField, "The attribute \(name) is longer than \(maximumTextSize) bytes")
            }
            if name == .usageLimits {
                // Taken and not enforced, it would promise what is not kept.
                throw OperationFailure(.featureNotSupported, "Usage Limits are not served")
            }
            if name == .name {
                guard let sent = Name(value), !sent.value.isEmpty else {
                    throw OperationFailure(.invalidField, "A Name has a Name Value that is not empty, and a Name Type")
                }
                // In one form, so that a name is unique however its fields are ordered.
                value = sent.attributeValue
            }
            let present = result.all(name)
            if isMultiInstance {
                guard present.count < maximumInstances else {
                    throw OperationFailure(.indexOutOfBounds, "The attribute \(name) has more than \(maximumInstances) instances")
                }
                if !present.contains(where: { $0.value == value }) { result.add(name, value) }
            } else {
                guard present.isEmpty else { throw OperationFailure(.invalidField, "The attribute \(name) has one instance only") }
                result.set(name, value)
            }
        }
        return result
    }

    /// The Digest attribute over an object's bytes (KMIP 1.4 §3.17): SHA-256.
    static func digest(_ material: Material) -> AttributeValue {
        let digest = material.key.bytes.withUnsafeBytes { SHA256.hash($0) }
        var fields: [AttributeValue.Field] = [
            .init(.hashingAlgorithm, .enumeration(HashingAlgorithm.sha256.rawValue)), .init(.digestValue, .bytes(digest)),
        ]
        switch material.form {
        case .keyBytes(let format), .keyStructure(let format), .wrappedKey(let format, _), .absent(let format):
            fields.append(.init(.keyFormatType, .enumeration(format.rawValue)))
        case .value: break
        }
        return .structure(fields)
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
