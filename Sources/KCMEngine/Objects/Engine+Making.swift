internal import KCMCrypto
internal import KCMStore
internal import KMIP

extension Engine {
    /// A new object with the attributes that the server sets (KMIP 1.4 §3, "SHALL always have a value").
    /// - Throws: *Permission Denied* where the policy does not let the request make it; `CryptoError`.
    func newObject(
        _ type: ObjectType,
        attributes: AttributeSet,
        material: Material?,
        isServerMade: Bool,
        in context: OperationContext
    ) throws -> KeyObject {
        try context.require(type, attributes)
        var attributes = attributes
        let now = AttributeValue.dateTime(context.now)
        attributes.set(.initialDate, now)
        attributes.set(.lastChangeDate, now)
        if isServerMade {
            attributes.set(.originalCreationDate, now)
            attributes.set(.randomNumberGenerator, Self.randomNumberGenerator.attributeValue)
        }
        if type.isCryptographic { attributes.set(.fresh, .boolean(attributes.flag(.fresh) ?? true)) }
        if let material, case .absent = material.form {
            attributes.set(.keyValuePresent, .boolean(false))
        } else if let material, type != .template, !isGuessable(material, type) {
            attributes.set(.digest, AttributeIntake.digest(material))
            if let standard = KeyFormats.inStandardFormat(material, of: type) { attributes.add(.digest, AttributeIntake.digest(standard)) }
        }
        if rules.keysNeverLeave {
            attributes.set(.sensitive, .boolean(true))
            attributes.set(.alwaysSensitive, .boolean(true))
            attributes.set(.extractable, .boolean(false))
            attributes.set(.neverExtractable, .boolean(isServerMade))
        } else {
            let isSensitive = attributes.flag(.sensitive) ?? false
            let isExtractable = attributes.flag(.extractable) ?? true
            attributes.set(.sensitive, .boolean(isSensitive))
            attributes.set(.alwaysSensitive, .boolean(isSensitive))
            attributes.set(.extractable, .boolean(isExtractable))
            attributes.set(.neverExtractable, .boolean(!isExtractable))
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

    /// Whether the Digest of a value would tell the value to whoever may read attributes: that of a password, and of bytes so few that
    /// all can be tried, as a long key cut short is (Join Split Key, Derive Key).
    private func isGuessable(_ material: Material, _ type: ObjectType) -> Bool {
        switch type {
        case .symmetricKey, .secretData, .splitKey:
            material.secretDataType == SecretDataType.password.rawValue || material.key.bytes.count < Self.shortestDigested
        default: false
        }
    }

    /// In bytes: 64 bits more than anyone can try.
    private static let shortestDigested = 16

    /// Stores a new object.
    /// - Throws: *Invalid Field* where one of its names is taken (KMIP 1.4 §11.2, §11.4).
    func store(_ object: KeyObject, in context: OperationContext) async throws(OperationFailure) -> KeyObject {
        do { return try await repository.create(object, of: context.tenant) } catch {
            if let error = error as? StoreError, error.code == .conflict {
                throw Self.nameTaken
            }
            throw Self.failure(for: error)
        }
    }
}
