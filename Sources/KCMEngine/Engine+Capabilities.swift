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
    static let profiles: [ProfileName] = []

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
