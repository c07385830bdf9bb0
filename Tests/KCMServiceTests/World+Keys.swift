import KMIP
import NIOCore

extension World {
    /// An Active object of a client's making.
    func registered(
        _ object: ManagedObject,
        mask: CryptographicUsageMask,
        parameters: [AttributeValue.Field]? = nil,
        attributes: [Attribute] = []
    ) async throws -> String {
        var all = [Attribute(.cryptographicUsageMask, .integer(mask.rawValue)), Attribute(.activationDate, .dateTime(1000))]
        if let parameters { all.append(Attribute(.cryptographicParameters, .structure(parameters))) }
        let request = RegisterRequest(
            objectType: object.objectType, templateAttribute: TemplateAttribute(attributes: all + attributes), object: object
        )
        let made: RegisterResponse = try await ask(request)
        return made.uniqueIdentifier
    }

    static func symmetric(_ key: ByteBuffer, _ algorithm: CryptographicAlgorithm = .aes) -> ManagedObject {
        .symmetricKey(block(key, .raw, algorithm))
    }

    static func block(_ key: ByteBuffer, _ format: KeyFormatType, _ algorithm: CryptographicAlgorithm) -> KeyBlock {
        // A key's length is its modulus or order; the server does not compare it with the bytes of an encoding.
        let length: Int32 = algorithm == .rsa ? 2048 : algorithm == .ec ? 256 : Int32(key.readableBytes * 8)
        return KeyBlock(
            keyFormatType: format, keyValue: .bytes(key, attributes: []), cryptographicAlgorithm: algorithm, cryptographicLength: length
        )
    }

    static let rsaPrivateKey = ManagedObject.privateKey(block(OfficialCase.rsaPrivateKey, .pkcs1, .rsa))
    static let rsaPublicKey = ManagedObject.publicKey(block(OfficialCase.rsaPublicKey, .pkcs1, .rsa))
    static let ecPrivateKey = ManagedObject.privateKey(block(OfficialCase.ecPrivateKey, .ecPrivateKey, .ec))
    static let ecPublicKey = ManagedObject.publicKey(block(OfficialCase.ecPublicKey, .x509, .ec))
    static let aesKey = symmetric(OfficialCase.bytes("0123456789abcdef0123456789abcdef"))
}
