internal import KCMCrypto
public import KMIP

/// Create (KMIP 1.4 §4.1): a symmetric key of the server's making.
struct Create: ServedOperation {
    let request: CreateRequest

    init(_ request: CreateRequest) { self.request = request }

    var target: OperationTarget { .new(level: OperationTarget.level(request.templateAttribute.attributes), request.objectType) }

    func perform(in engine: Engine, _ context: OperationContext) async throws(OperationFailure) -> OperationResult {
        guard request.objectType == .symmetricKey else {
            throw OperationFailure(.invalidField, "Create makes symmetric keys only")
        }
        var attributes = try await engine.take(request.templateAttribute, in: context)
        guard let algorithm = attributes.algorithm else {
            throw OperationFailure(.invalidField, "The attribute Cryptographic Algorithm is missing")
        }
        let (length, size) = try SymmetricKeySizes.size(of: algorithm, length: attributes.length)
        attributes.set(.cryptographicLength, .integer(length))
        let object = try await engine.guarding { () async throws in
            let key = SecretKey(try SecretBytes.random(count: size))
            return try engine.newObject(
                .symmetricKey,
                attributes: attributes,
                material: Material(form: .keyBytes(.raw), key: key),
                isServerMade: true,
                in: context
            )
        }
        let stored = try await engine.store(object, in: context)
        return try OperationResult { (writer) throws(OperationFailure) in
            writer.enumeration(.objectType, stored.objectType)
            writer.text(.uniqueIdentifier, stored.uniqueIdentifier)
            return OperationTrace(made: stored)
        }
    }
}

extension Engine {
    /// Makes a key for the server itself, as Create does.
    /// - Returns: its Unique Identifier.
    public func create(_ request: CreateRequest, in context: OperationContext) async throws(OperationFailure) -> String {
        try await Create(request).perform(in: self, context).trace.object
    }
}
