internal import KCMCrypto
internal import KMIP

/// Create Key Pair (KMIP 1.4 §4.2).
struct CreateKeyPair: ServedOperation {
    let request: CreateKeyPairRequest

    init(_ request: CreateKeyPairRequest) { self.request = request }

    var target: OperationTarget {
        let all = [request.commonTemplateAttribute, request.privateKeyTemplateAttribute, request.publicKeyTemplateAttribute]
        return .new(level: OperationTarget.level(all.flatMap { $0?.attributes ?? [] }), .privateKey)
    }

    func perform(in engine: Engine, _ context: OperationContext) async throws(OperationFailure) -> OperationResult {
        let common = try await engine.take(request.commonTemplateAttribute ?? TemplateAttribute(), in: context)
        var privateAttributes = try await engine.take(request.privateKeyTemplateAttribute ?? TemplateAttribute(), in: context)
        var publicAttributes = try await engine.take(request.publicKeyTemplateAttribute ?? TemplateAttribute(), in: context)
        privateAttributes.merge(common)
        publicAttributes.merge(common)
        try Self.checkEqual(privateAttributes, publicAttributes)
        let making = try KeyPairMaking(privateAttributes)
        let pair = try KeyPair(making, try await making.make(), privateAttributes, publicAttributes, in: engine, context)
        let stored = try await engine.commit(in: context) { () async throws(OperationFailure) in
            [.create(pair.privateKey), .create(pair.publicKey)]
        }
        return try KeyPair.result(stored[0], stored[1])
    }

    /// KMIP 1.4 §4.2: what both keys have to have in common.
    static func checkEqual(_ one: AttributeSet, _ other: AttributeSet) throws(OperationFailure) {
        for name: AttributeName in [.cryptographicAlgorithm, .cryptographicLength, .cryptographicDomainParameters] {
            guard one[name] == other[name] else {
                throw OperationFailure(.invalidField, "The attribute \(name) is the same for both keys of a pair")
            }
        }
    }
}

/// Two new objects, not stored yet, that are the halves of one key.
struct KeyPair {
    let privateKey: KeyObject
    let publicKey: KeyObject

    /// - Throws: *Key Format Type Not Supported*; *General Failure*.
    init(
        _ making: KeyPairMaking,
        _ key: AsymmetricKey,
        _ privateAttributes: AttributeSet,
        _ publicAttributes: AttributeSet,
        in engine: Engine,
        _ context: OperationContext
    ) throws(OperationFailure) {
        func half(_ type: ObjectType, _ attributes: AttributeSet) throws(OperationFailure) -> KeyObject {
            var attributes = attributes
            attributes.set(.cryptographicLength, .integer(making.length))
            if let curve = making.curve, attributes[.cryptographicDomainParameters] == nil {
                attributes.set(.cryptographicDomainParameters, .structure([.init(.recommendedCurve, .enumeration(curve.rawValue))]))
            }
            let material = try KeyFormats.material(key, as: type, KeyFormats.standard(for: type, key.kind))
            do {
                return try engine.newObject(type, attributes: attributes, material: material, isServerMade: true, in: context)
            } catch { throw Engine.failure(for: error) }
        }
        let first = try half(.privateKey, privateAttributes)
        let second = try half(.publicKey, publicAttributes)
        privateKey = first.linked(.publicKeyLink, to: second.uniqueIdentifier)
        publicKey = second.linked(.privateKeyLink, to: first.uniqueIdentifier)
    }

    /// Names both keys; the private one becomes the ID Placeholder.
    static func result(_ privateKey: KeyObject, _ publicKey: KeyObject) throws(OperationFailure) -> OperationResult {
        try OperationResult { (writer) throws(OperationFailure) in
            writer.text(.privateKeyUniqueIdentifier, privateKey.uniqueIdentifier)
            writer.text(.publicKeyUniqueIdentifier, publicKey.uniqueIdentifier)
            return OperationTrace(made: privateKey)
        }
    }
}

extension KeyObject {
    /// A new object with one link more.
    func linked(_ type: LinkType, to identifier: String) -> KeyObject {
        var attributes = attributes
        attributes.link(type, to: identifier)
        return counted(attributes)
    }
}
