internal import KCMCrypto
internal import KMIP

/// Re-key (KMIP 1.4 §4.4): a replacement of a symmetric key, which takes its names over.
struct ReKey: ServedOperation {
    let request: ReKeyRequest

    init(_ request: ReKeyRequest) { self.request = request }

    var target: OperationTarget { .object(request.uniqueIdentifier) }

    func perform(in engine: Engine, _ context: OperationContext) async throws(OperationFailure) -> OperationResult {
        let requested = try await engine.take(request.templateAttribute ?? TemplateAttribute(), in: context)
        let replacement = try Replacement(offset: request.offset, requested: requested)
        let stored = try await engine.commit(in: context) { () async throws(OperationFailure) in
            let old = try await engine.load(request.uniqueIdentifier, context)
            try Self.checkReplaceable(old, .symmetricKey)
            let attributes = try replacement.attributes(for: old, now: context.now)
            guard let algorithm = attributes.algorithm, algorithm == old.rules.algorithm else {
                throw OperationFailure(.invalidField, "A key is replaced by one of the same Cryptographic Algorithm")
            }
            let size = try Self.size(attributes, of: old)
            do {
                let material = Material(form: .keyBytes(.raw), key: SecretKey(try SecretBytes.random(count: size)))
                let new = try engine.newObject(.symmetricKey, attributes: attributes, material: material, isServerMade: true, in: context)
                return [.create(new), .replace(old, with: Replacement.replaced(old, by: new, now: context.now))]
            } catch { throw Engine.failure(for: error) }
        }
        return OperationResult(made: stored[0])
    }

    /// Whether a key can be replaced: it is of the right type, is there, and its value is the server's.
    /// - Throws: *Permission Denied*, *Key Value Not Present*, *Object Archived*.
    static func checkReplaceable(_ object: KeyObject, _ type: ObjectType) throws(OperationFailure) {
        try KeyUse.requireOnLine(object)
        guard object.objectType == type, !object.isDestroyed, let material = object.material else {
            throw OperationFailure(.permissionDenied, "The object is not a \(type) that can be replaced")
        }
        switch material.form {
        case .absent: throw OperationFailure(.keyValueNotPresent, "The server does not hold the value of the object")
        case .wrappedKey, .wrappedMaterial, .value: throw OperationFailure(.permissionDenied, "The object is held wrapped and cannot be replaced")
        case .keyBytes, .keyStructure: break
        }
    }

    /// Of the new key, in bytes.
    private static func size(_ attributes: AttributeSet, of old: KeyObject) throws(OperationFailure) -> Int {
        let held = old.material?.key.bytes.count ?? 0
        guard let length = attributes.length, length != old.rules.length else { return held }
        guard old.rules.algorithm == .aes, [128, 192, 256].contains(length) else {
            throw OperationFailure(.invalidField, "A Cryptographic Length of \(length) bits is not one that the algorithm has")
        }
        return Int(length) / 8
    }
}
