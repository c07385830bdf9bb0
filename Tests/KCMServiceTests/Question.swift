import KCMEngine
import KMIP
import NIOCore

/// A request of each operation that succeeds where it is allowed, aimed at an object of the tenant acme or, for those that make objects,
/// at a level.
struct Question {
    let operation: KMIP.Operation
    let level: Level
    /// What it is aimed at; `nil` for operations that need no object.
    let object: String?
    let payload: any RequestPayload

    /// - Parameter isFresh: makes the object, which is only possible at the level that is at home here; else nobody has it.
    init(_ operation: KMIP.Operation, _ level: Level, in world: World, isFresh: Bool) async throws {
        self.operation = operation
        self.level = level
        let objects = isFresh ? try await Self.objects(for: operation, level, in: world) : [try UniqueIdentifier.make(level)]
        let object = objects[0]
        let note = Attribute(Self.note, .text("m"))
        let atLevel = Attribute(.level, .text(level.name))
        let template = TemplateAttribute(attributes: [atLevel])
        let data = ByteBuffer(string: "0123456789abcdef")
        let made = World.attributes(.aes, 128, mask: .encrypt, and: [atLevel])
        let ecb = CryptographicParameters(blockCipherMode: .ecb)
        let ecdsa = CryptographicParameters(hashingAlgorithm: .sha256, cryptographicAlgorithm: .ecdsa)
        var needsObject = true
        switch operation {
        case .create:
            payload = World.create(attributes: [atLevel])
            needsObject = false
        case .createKeyPair:
            payload = CreateKeyPairRequest(
                commonTemplateAttribute: World.attributes(.ec, 256, and: [atLevel]), privateKeyTemplateAttribute: World.attributes(mask: .sign),
                publicKeyTemplateAttribute: World.attributes(mask: .verify)
            )
            needsObject = false
        case .register:
            payload = RegisterRequest(
                objectType: .symmetricKey, templateAttribute: World.attributes(mask: .encrypt, and: [atLevel]), object: World.aesKey)
            needsObject = false
        case .locate: payload = LocateRequest(attributes: [atLevel])
        case .reKey: payload = ReKeyRequest(uniqueIdentifier: object)
        case .reKeyKeyPair: payload = ReKeyKeyPairRequest(privateKeyUniqueIdentifier: object)
        case .deriveKey:
            payload = DeriveKeyRequest(
                objectType: .symmetricKey, uniqueIdentifiers: [object], derivationMethod: .hash,
                derivationParameters: DerivationParameters(cryptographicParameters: CryptographicParameters(hashingAlgorithm: .sha256)),
                templateAttribute: made
            )
        case .createSplitKey:
            payload = CreateSplitKeyRequest(
                objectType: .splitKey, uniqueIdentifier: object, splitKeyParts: 3, splitKeyThreshold: 3, splitKeyMethod: .xor,
                templateAttribute: template
            )
        case .joinSplitKey: payload = JoinSplitKeyRequest(objectType: .symmetricKey, uniqueIdentifiers: objects, templateAttribute: made)
        case .certify: payload = CertifyRequest(uniqueIdentifier: object)
        case .reCertify: payload = ReCertifyRequest(uniqueIdentifier: object)
        case .check: payload = CheckRequest(uniqueIdentifier: object)
        case .get: payload = GetRequest(uniqueIdentifier: object)
        case .getAttributes: payload = GetAttributesRequest(uniqueIdentifier: object)
        case .getAttributeList: payload = GetAttributeListRequest(uniqueIdentifier: object)
        case .addAttribute:
            payload = AddAttributeRequest(uniqueIdentifier: object, attribute: Attribute(AttributeName(rawValue: "x-other"), .text("m")))
        case .modifyAttribute: payload = ModifyAttributeRequest(uniqueIdentifier: object, attribute: note)
        case .deleteAttribute: payload = DeleteAttributeRequest(uniqueIdentifier: object, attributeName: Self.note.rawValue)
        case .obtainLease: payload = ObtainLeaseRequest(uniqueIdentifier: object)
        case .getUsageAllocation: payload = GetUsageAllocationRequest(uniqueIdentifier: object, usageLimitsCount: 1)
        case .activate: payload = ActivateRequest(uniqueIdentifier: object)
        case .revoke: payload = RevokeRequest(uniqueIdentifier: object, revocationReason: World.revoke)
        case .destroy: payload = DestroyRequest(uniqueIdentifier: object)
        case .archive: payload = ArchiveRequest(uniqueIdentifier: object)
        case .recover: payload = RecoverRequest(uniqueIdentifier: object)
        case .encrypt: payload = EncryptRequest(uniqueIdentifier: object, cryptographicParameters: ecb, data: data)
        case .decrypt: payload = DecryptRequest(uniqueIdentifier: object, cryptographicParameters: ecb, data: data)
        case .sign: payload = SignRequest(uniqueIdentifier: object, cryptographicParameters: ecdsa, data: data)
        case .signatureVerify:
            payload = SignatureVerifyRequest(uniqueIdentifier: object, cryptographicParameters: ecdsa, data: data, signatureData: data)
        case .mac: payload = MACRequest(uniqueIdentifier: object, data: data)
        case .macVerify: payload = MACVerifyRequest(uniqueIdentifier: object, data: data, macData: data)
        case .hash:
            payload = HashRequest(cryptographicParameters: CryptographicParameters(hashingAlgorithm: .sha256), data: data)
            needsObject = false
        case .rngRetrieve:
            payload = RNGRetrieveRequest(dataLength: 16)
            needsObject = false
        case .rngSeed:
            payload = RNGSeedRequest(data: data)
            needsObject = false
        case .query:
            payload = QueryRequest(queryFunctions: [.queryOperations])
            needsObject = false
        case .discoverVersions:
            payload = DiscoverVersionsRequest()
            needsObject = false
        case .cancel:
            payload = CancelRequest(asynchronousCorrelationValue: data)
            needsObject = false
        case .poll:
            payload = PollRequest(asynchronousCorrelationValue: data)
            needsObject = false
        default: throw Unexpected()
        }
        self.object = needsObject ? object : nil
    }
}
