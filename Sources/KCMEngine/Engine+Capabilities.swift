internal import KMIP

/// What this server is, in one place: Query answers with it, and operations keep to it.
extension Engine {
    /// The versions served, best first.
    static let versions: [ProtocolVersion] = [.v1_4, .v1_3, .v1_2, .v1_1, .v1_0]

    /// What can be registered or made.
    static let objectTypes: [ObjectType] = [
        .certificate, .symmetricKey, .publicKey, .privateKey, .splitKey, .template, .secretData, .opaqueObject, .pgpKey,
    ]

    /// The profiles that the official cases were passed for; a profile is listed here and nowhere else.
    ///
    /// The Tape Library profile asks the same in 1.2 and 1.3, and the official case of Query lists the three together. Suite B is missing: it
    /// prescribes the suites of TLS as well.
    static let profiles: [ProfileName] = [
        .tapeLibraryServerKMIPV1_2, .tapeLibraryServerKMIPV1_3, .tapeLibraryServerKMIPV1_4, .symmetricKeyLifecycleServerKMIPV1_4,
        .asymmetricKeyLifecycleServerKMIPV1_4, .basicCryptographicServerKMIPV1_4, .advancedCryptographicServerKMIPV1_4,
        .rngCryptographicServerKMIPV1_4, .symmetricKeyFoundryServerKMIPV1_4, .opaqueManagedObjectStoreServerKMIPV1_4,
        .storageArrayWithSelfEncryptingDriveServerKMIPV1_4, .httpsServerKMIPV1_4, .jsonServerKMIPV1_4, .xmlServerKMIPV1_4,
    ]

    /// How long a client may keep what it knows of an object, in seconds.
    static let leaseTime: UInt32 = 3600

    /// OpenSSL's generator: CTR_DRBG with AES-256 (NIST SP 800-90A).
    static let randomNumberGenerator = RNGParameters(
        algorithm: .drbg,
        cryptographicAlgorithm: .aes,
        cryptographicLength: 256,
        drbgAlgorithm: .ctr,
        predictionResistance: false
    )

    static func capabilities(in version: ProtocolVersion) -> CapabilityInformation {
        CapabilityInformation(
            streaming: true,
            asynchronous: false,
            attestation: false,
            batchUndo: version >= .v1_4 ? true : nil,
            batchContinue: version >= .v1_4 ? true : nil,
            unwrapMode: .notProcessed,
            destroyAction: .keyMaterialDeleted,
            shreddingAlgorithm: .unsupported,
            rngMode: .sharedInstantiation
        )
    }
}
