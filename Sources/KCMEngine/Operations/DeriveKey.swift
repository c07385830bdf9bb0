internal import KCMCrypto
internal import KMIP
internal import NIOCore

/// Derive Key (KMIP 1.4 §4.6): a symmetric key or secret data out of others.
struct DeriveKey: ServedOperation {
    let request: DeriveKeyRequest

    init(_ request: DeriveKeyRequest) { self.request = request }

    var target: OperationTarget { .new(level: OperationTarget.level(request.templateAttribute.attributes), request.objectType) }

    /// The most objects that are derived from at once.
    private static let maximumBases = 16
    /// How many derived keys an object remembers; the oldest links go first, or a key that is used often would grow without bound.
    private static let maximumLinks = 256

    func perform(in engine: Engine, _ context: OperationContext) async throws(OperationFailure) -> OperationResult {
        guard request.objectType == .symmetricKey || request.objectType == .secretData else {
            throw OperationFailure(.invalidField, "Symmetric Keys and Secret Data are derived")
        }
        var attributes = try await engine.take(request.templateAttribute, in: context)
        let count = try Self.size(attributes, of: request.objectType)
        let bases = try await self.bases(in: engine, context)
        let key = try await Derivation(request, bases).derive(count)
        attributes.inheritProtection(from: bases)
        for base in bases { attributes.link(.derivationBaseObjectLink, to: base.uniqueIdentifier) }

        let material = Material(
            form: .keyBytes(request.objectType == .secretData ? .opaque : .raw),
            secretDataType: request.objectType == .secretData ? SecretDataType.seed.rawValue : 0,
            key: key
        )
        let object: KeyObject
        do {
            object = try engine.newObject(request.objectType, attributes: attributes, material: material, isServerMade: true, in: context)
        } catch { throw Engine.failure(for: error) }
        let stored = try await engine.commit(in: context) { () async throws(OperationFailure) in
            var changes: [ObjectChange] = [.create(object)]
            for base in bases {
                let before = try await engine.loadRelated(base.uniqueIdentifier, context)
                changes.append(.replace(before, with: Self.remembering(object, before, context)))
            }
            return changes
        }
        return OperationResult(made: stored[0])
    }

    private static func remembering(_ derived: KeyObject, _ base: KeyObject, _ context: OperationContext) -> KeyObject {
        var attributes = base.attributes
        let links = attributes.linked(.derivedKeyLink)
        if links.count >= maximumLinks {
            attributes.unlink([.derivedKeyLink])
            for link in links.suffix(maximumLinks - 1) { attributes.link(.derivedKeyLink, to: link) }
        }
        attributes.link(.derivedKeyLink, to: derived.uniqueIdentifier)
        return base.changed(attributes, state: base.storedState, now: context.now)
    }

    /// Of the derived object, in bytes.
    private static func size(_ attributes: AttributeSet, of type: ObjectType) throws(OperationFailure) -> Int {
        guard let length = attributes.length, length > 0, length % 8 == 0, length / 8 <= KeyDerivation.maximumCount else {
            throw OperationFailure(.invalidField, "Cryptographic Length is required: whole bytes, at most \(KeyDerivation.maximumCount)")
        }
        if type == .symmetricKey {
            guard let algorithm = attributes.algorithm else {
                throw OperationFailure(.invalidField, "Cryptographic Algorithm is required for a key")
            }
            guard algorithm != .aes || [128, 192, 256].contains(length) else {
                throw OperationFailure(.invalidField, "An AES key has 128, 192 or 256 bits")
            }
        }
        return Int(length) / 8
    }

    /// The objects to derive from: each may be used so, and its use is counted.
    private func bases(in engine: Engine, _ context: OperationContext) async throws(OperationFailure) -> [KeyObject] {
        guard request.uniqueIdentifiers.count <= Self.maximumBases, Set(request.uniqueIdentifiers).count == request.uniqueIdentifiers.count else {
            throw OperationFailure(.invalidField, "At most \(Self.maximumBases) objects are derived from, each named once")
        }
        var bases: [KeyObject] = []
        for identifier in request.uniqueIdentifiers {
            let object = try await engine.loadRelated(identifier, context)
            guard object.objectType == .symmetricKey || object.objectType == .secretData else {
                throw OperationFailure(.invalidField, "Keys are derived from Symmetric Keys and Secret Data")
            }
            guard object.rules.usageMask.contains(.deriveKey) else {
                throw OperationFailure(.invalidField, "The Cryptographic Usage Mask of the object does not allow to derive from it")
            }
            try KeyUse.check(object, for: .deriveKey, in: context)
            guard case .keyBytes? = object.material?.form else {
                throw OperationFailure(.keyValueNotPresent, "The server does not hold the value of the object in the clear")
            }
            bases.append(object)
        }
        for base in bases { try await engine.charge(base, for: .deriveKey, bytes: base.material?.key.bytes.count ?? 0, in: context) }
        return bases
    }
}
