import KMIP
import NIOCore

/// One request of each operation, with every field set.
enum SampleRequests {
    static let parameters = CryptographicParameters(
        blockCipherMode: .gcm, paddingMethod: .pkcs5, hashingAlgorithm: .sha256, cryptographicAlgorithm: .aes, randomIV: true, ivLength: 96,
        tagLength: 16, saltLength: 20, pSource: ByteBuffer(string: "p"), trailerField: 1
    )
    static let template = TemplateAttribute(attributes: [
        Attribute(.name, Name("k").attributeValue), Attribute(.name, index: 1, Name("l").attributeValue),
        Attribute(.cryptographicUsageMask, .integer(12)),
    ])
    static let block = KeyBlock(
        keyFormatType: .raw, keyValue: .bytes(ByteBuffer(string: "0123456789abcdef"), attributes: []), cryptographicAlgorithm: .aes,
        cryptographicLength: 128
    )
    static let stream = StreamPart(correlationValue: ByteBuffer(string: "c"), initIndicator: false, finalIndicator: true)
    static let encrypt = EncryptRequest(
        uniqueIdentifier: "L4-x", cryptographicParameters: parameters, data: ByteBuffer(string: "plaintext"), iv: ByteBuffer(string: "123456789012"),
        correlationValue: ByteBuffer(string: "c"), initIndicator: true, finalIndicator: false, additionalData: ByteBuffer(string: "aad")
    )

    static let all: [any RequestPayload] = [
        CreateRequest(objectType: .symmetricKey, templateAttribute: template),
        RegisterRequest(objectType: .symmetricKey, templateAttribute: template, object: .symmetricKey(block)),
        RegisterRequest(objectType: .secretData, templateAttribute: template, object: .secretData(.seed, block)),
        RegisterRequest(objectType: .opaqueObject, templateAttribute: template, object: .opaque(type: 0x8000_0001, value: ByteBuffer(string: "o"))),
        GetRequest(uniqueIdentifier: "L4-x", keyFormatType: .raw, keyWrapType: .asRegistered),
        GetAttributesRequest(uniqueIdentifier: "L4-x", attributeNames: ["State", "Name"]),
        GetAttributeListRequest(uniqueIdentifier: "L4-x"),
        LocateRequest(maximumItems: 5, offsetItems: 2, storageStatusMask: 1, objectGroupMember: .groupMemberFresh, attributes: template.attributes),
        ActivateRequest(uniqueIdentifier: "L4-x"),
        RevokeRequest(
            uniqueIdentifier: "L4-x", revocationReason: RevocationReason(code: .keyCompromise, message: "why"), compromiseOccurrenceDate: 5
        ),
        DestroyRequest(uniqueIdentifier: nil),
        encrypt,
        DecryptRequest(uniqueIdentifier: "L4-x", data: ByteBuffer(string: "c"), iv: ByteBuffer(string: "i"), tag: ByteBuffer(string: "t")),
        SignRequest(
            uniqueIdentifier: "L4-x", cryptographicParameters: parameters, data: ByteBuffer(string: "d"), digestedData: ByteBuffer(string: "h"),
            stream: stream
        ),
        SignatureVerifyRequest(
            uniqueIdentifier: "L4-x", cryptographicParameters: parameters, data: ByteBuffer(string: "d"), digestedData: ByteBuffer(string: "h"),
            signatureData: ByteBuffer(string: "s"), stream: stream
        ),
        MACRequest(uniqueIdentifier: "L4-x", cryptographicParameters: parameters, data: ByteBuffer(string: "d"), stream: stream),
        MACVerifyRequest(
            uniqueIdentifier: "L4-x", cryptographicParameters: parameters, data: ByteBuffer(string: "d"), macData: ByteBuffer(string: "m"),
            stream: stream
        ),
        RNGRetrieveRequest(dataLength: 32),
        RNGSeedRequest(data: ByteBuffer(string: "seed")),
        HashRequest(cryptographicParameters: parameters, data: ByteBuffer(string: "d"), stream: stream),
        QueryRequest(queryFunctions: [.queryOperations, .queryObjects]),
        DiscoverVersionsRequest(protocolVersions: [.v1_4, .v1_0]),
        RegisterRequest(objectType: .splitKey, templateAttribute: template, object: .splitKey(part)),
        RegisterRequest(objectType: .template, templateAttribute: template, object: .template(template.attributes)),
        RegisterRequest(objectType: .pgpKey, templateAttribute: template, object: .pgpKey(version: 4, block)),
        RegisterRequest(objectType: .certificate, templateAttribute: template, object: .certificate(.x509, value: ByteBuffer(string: "c"))),
        GetRequest(keyCompressionType: .ecPublicKeyTypeUncompressed, keyWrappingSpecification: wrapping),
        CreateKeyPairRequest(
            commonTemplateAttribute: template, privateKeyTemplateAttribute: template, publicKeyTemplateAttribute: TemplateAttribute()
        ),
        ReKeyRequest(uniqueIdentifier: "L4-x", offset: 60, templateAttribute: template),
        ReKeyKeyPairRequest(
            privateKeyUniqueIdentifier: "L4-x", offset: 60, commonTemplateAttribute: template, privateKeyTemplateAttribute: template,
            publicKeyTemplateAttribute: template
        ),
        DeriveKeyRequest(
            objectType: .symmetricKey, uniqueIdentifiers: ["L4-x", "L4-y"], derivationMethod: .pbkdf2,
            derivationParameters: DerivationParameters(
                cryptographicParameters: parameters, initializationVector: ByteBuffer(string: "i"), derivationData: ByteBuffer(string: "d"),
                salt: ByteBuffer(string: "s"), iterationCount: 1000
            ),
            templateAttribute: template
        ),
        CertifyRequest(
            uniqueIdentifier: "L4-x", certificateRequestType: .pkcs10, certificateRequest: ByteBuffer(string: "r"), templateAttribute: template),
        ReCertifyRequest(uniqueIdentifier: "L4-x", certificateRequestType: .pem, offset: 1, templateAttribute: template),
        CreateSplitKeyRequest(
            objectType: .splitKey, uniqueIdentifier: "L4-x", splitKeyParts: 5, splitKeyThreshold: 3, splitKeyMethod: .polynomialSharingPrimeField,
            primeFieldSize: [0, 0, 0, 0, 0, 0, 0, 13], templateAttribute: template
        ),
        JoinSplitKeyRequest(objectType: .secretData, uniqueIdentifiers: ["L4-x", "L4-y"], secretDataType: .seed, templateAttribute: template),
    ]
    static let part = SplitKey(
        parts: 3, identifier: 2, threshold: 2, method: .polynomialSharingPrimeField, primeFieldSize: [0, 0, 0, 0, 0, 0, 0, 13], keyBlock: block
    )
    static let wrapping = KeyWrappingSpecification(
        wrappingMethod: .encryptThenMACSign,
        encryptionKeyInformation: KeyInformation(uniqueIdentifier: "L4-x", cryptographicParameters: parameters),
        macSignatureKeyInformation: KeyInformation(uniqueIdentifier: "L4-y"),
        attributeNames: ["Name"],
        encodingOption: .ttlvEncoding
    )
}
