internal import KCMCrypto
internal import KCMStore
internal import KMIP
internal import NIOCore

extension Engine {
    /// Create (KMIP 1.4 §4.1): a symmetric key of the server's making.
    func create(
        _ request: CreateRequest,
        in context: OperationContext
    ) async throws(OperationFailure) -> (payload: ByteBuffer, trace: OperationTrace) {
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
        let object = try await guarding { () async throws in
            let key = SecretKey(try SecretBytes.random(count: Int(length) / 8))
            return try self.newObject(
                .symmetricKey,
                attributes: attributes,
                material: Material(form: .keyBytes(.raw), key: key),
                isServerMade: true,
                in: context
            )
        }
        let stored = try await store(object, in: context)
        return try emit { (writer) throws(OperationFailure) in
            writer.enumeration(.objectType, stored.objectType)
            writer.text(.uniqueIdentifier, stored.uniqueIdentifier)
            return OperationTrace(made: stored)
        }
    }

    /// A new object with the attributes that the server sets (KMIP 1.4 §3, "SHALL always have a value").
    func newObject(
        _ type: ObjectType,
        attributes: AttributeSet,
        material: Material?,
        isServerMade: Bool,
        in context: OperationContext
    ) throws -> KeyObject {
        var attributes = attributes
        let now = AttributeValue.dateTime(context.now)
        attributes.set(.initialDate, now)
        attributes.set(.lastChangeDate, now)
        if isServerMade { attributes.set(.originalCreationDate, now) }
        if let material, material.secretDataType != SecretDataType.password.rawValue {
            // A digest of a password would let whoever may read attributes try guesses against it.
            attributes.set(.digest, AttributeIntake.digest(material))
        }
        if rules.keysNeverLeave {
            attributes.set(.sensitive, .boolean(true))
            attributes.set(.alwaysSensitive, .boolean(true))
            attributes.set(.extractable, .boolean(false))
            attributes.set(.neverExtractable, .boolean(isServerMade))
        }
        let activation = attributes.date(.activationDate)
        return KeyObject(
            uniqueIdentifier: try UniqueIdentifier.make(context.level),
            level: context.level,
            objectType: type,
            attributes: attributes,
            state: activation.map { $0 <= context.now } == true ? .active : .preActive,
            material: material,
            revision: 0
        )
    }

    /// Stores a new object.
    /// - Throws: *Invalid Field* where one of its names is taken (KMIP 1.4 §11.2, §11.4).
    func store(_ object: KeyObject, in context: OperationContext) async throws(OperationFailure) -> KeyObject {
        do { return try await repository.create(object, of: context.tenant) } catch {
            if let error = error as? StoreError, error.code == .conflict {
                throw OperationFailure(.invalidField, "Another object has this Name already")
            }
            throw Self.failure(for: error)
        }
    }
}
