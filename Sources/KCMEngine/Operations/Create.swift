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
        var attributes = try AttributeIntake.take(request.templateAttribute)
        guard let algorithm = attributes.algorithm else {
            throw OperationFailure(.invalidField, "The attribute Cryptographic Algorithm is missing")
        }
        guard algorithm == .aes else {
            throw OperationFailure(.featureNotSupported, "Keys of the algorithm \(algorithm) are not made; AES keys are")
        }
        let length = attributes.length ?? 256
        guard [128, 192, 256].contains(length) else {
            throw OperationFailure(.invalidField, "A Cryptographic Length of \(length) is not one that AES has: 128, 192 or 256 bits")
        }
        attributes.set(.cryptographicLength, .integer(length))
        let object = try await engine.guarding { () async throws in
            let key = SecretKey(try SecretBytes.random(count: Int(length) / 8))
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
