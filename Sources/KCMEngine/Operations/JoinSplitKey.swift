internal import KCMCrypto
internal import KMIP

/// Join Split Key (KMIP 1.4 §4.39): puts the parts of a key together as a new object.
struct JoinSplitKey: ServedOperation {
    let request: JoinSplitKeyRequest

    init(_ request: JoinSplitKeyRequest) { self.request = request }

    var target: OperationTarget { .new(level: OperationTarget.level(request.templateAttribute?.attributes ?? []), request.objectType) }

    func perform(in engine: Engine, _ context: OperationContext) async throws(OperationFailure) -> OperationResult {
        guard request.objectType == .symmetricKey || request.objectType == .secretData else {
            throw OperationFailure(.invalidField, "Parts are put together to Symmetric Keys and Secret Data")
        }
        var attributes = try await engine.take(request.templateAttribute ?? TemplateAttribute(), in: context)
        let objects = try await parts(in: engine, context)
        for name: AttributeName in [.cryptographicAlgorithm, .cryptographicLength] where !attributes.contains(name) {
            attributes.set(name, objects[0].attributes[name])
        }
        attributes.inheritProtection(from: objects)
        let key = try Self.join(objects, count: try attributes.length.map { (length) throws(OperationFailure) in try Self.size(length) })
        if request.objectType == .symmetricKey {
            guard attributes.algorithm != nil else { throw OperationFailure(.invalidField, "The Cryptographic Algorithm is not known") }
            guard attributes.algorithm != .aes || [16, 24, 32].contains(key.bytes.count) else {
                throw OperationFailure(.cryptographicFailure, "The parts do not give an AES key")
            }
            attributes.set(.cryptographicLength, .integer(Int32(key.bytes.count * 8)))
        }
        let isSecret = request.objectType == .secretData
        let material = Material(
            form: .keyBytes(isSecret ? .opaque : .raw),
            secretDataType: isSecret ? (request.secretDataType ?? .seed).rawValue : 0,
            key: key
        )
        let object: KeyObject
        do {
            object = try engine.newObject(request.objectType, attributes: attributes, material: material, isServerMade: false, in: context)
        } catch { throw Engine.failure(for: error) }
        return OperationResult(made: try await engine.store(object, in: context))
    }

    /// Of the key, in bytes.
    private static func size(_ length: Int32) throws(OperationFailure) -> Int {
        guard length > 0, length % 8 == 0, length / 8 <= SecretSharing.maximumSecretSize else {
            throw OperationFailure(.invalidField, "Cryptographic Length is whole bytes, at most \(SecretSharing.maximumSecretSize)")
        }
        return Int(length) / 8
    }

    private func parts(in engine: Engine, _ context: OperationContext) async throws(OperationFailure) -> [KeyObject] {
        guard request.uniqueIdentifiers.count <= SecretSharing.maximumParts else {
            throw OperationFailure(.invalidField, "A key has at most \(SecretSharing.maximumParts) parts")
        }
        var objects: [KeyObject] = []
        for identifier in request.uniqueIdentifiers {
            let object = try await engine.loadRelated(identifier, context)
            guard object.objectType == .splitKey else { throw OperationFailure(.invalidField, "The object is not a Split Key") }
            guard !object.isDestroyed, let material = object.material else {
                throw OperationFailure(.permissionDenied, "A part of the key is destroyed")
            }
            guard case .keyBytes = material.form else {
                throw OperationFailure(.illegalOperation, "A part of the key is not held as bytes in the clear")
            }
            guard material.key.bytes.count <= SecretSharing.maximumSecretSize else {
                throw OperationFailure(.invalidField, "A part of the key has more than \(SecretSharing.maximumSecretSize) bytes")
            }
            objects.append(object)
        }
        return objects
    }

    private static func join(_ objects: [KeyObject], count: Int?) throws(OperationFailure) -> SecretKey {
        var parts: [SplitKeyPart] = []
        var size = 0
        for object in objects {
            let part = try SplitKeyPart(heading: object.material?.heading ?? [])
            let length = object.material?.key.bytes.count ?? 0
            if let first = parts.first {
                guard part.parts == first.parts, part.threshold == first.threshold, part.method == first.method, part.prime == first.prime,
                    length == size
                else { throw OperationFailure(.invalidField, "The objects are not parts of one key") }
            }
            size = length
            parts.append(part)
        }
        let sharing = try parts[0].sharing()
        let identifiers = parts.map { Int($0.identifier) }
        guard Set(identifiers).count >= sharing.threshold else {
            throw OperationFailure(.cryptographicFailure, "There are fewer parts than the Split Key Threshold")
        }
        do {
            let shares = try SecretBytes(count: size * objects.count) { shares in
                for (index, object) in objects.enumerated() {
                    object.material?.key.bytes.withUnsafeBytes {
                        UnsafeMutableRawBufferPointer(rebasing: shares[(index * size)...]).copyMemory(from: $0)
                    }
                }
            }
            return SecretKey(try sharing.join(shares, identifiers: identifiers, count: count))
        } catch let error as CryptoError where error.code != .lockedMemory {
            throw error.code == .parameter
                ? OperationFailure(.invalidField, "Each part is to be named once")
                : OperationFailure(.cryptographicFailure, "The parts do not give a key of the length that is stated")
        } catch { throw Engine.failure(for: error) }
    }
}
