import KCMEngine
import KMIP
import NIOCore

extension World {
    /// Attributes of a key of some algorithm.
    static func attributes(
        _ algorithm: CryptographicAlgorithm? = nil,
        _ length: Int32? = nil,
        mask: CryptographicUsageMask? = nil,
        name: String? = nil,
        active: Bool = false,
        and more: [Attribute] = []
    ) -> TemplateAttribute {
        var all: [Attribute] = []
        if let algorithm { all.append(Attribute(.cryptographicAlgorithm, .enumeration(algorithm.rawValue))) }
        if let length { all.append(Attribute(.cryptographicLength, .integer(length))) }
        if let mask { all.append(Attribute(.cryptographicUsageMask, .integer(mask.rawValue))) }
        if let name { all.append(Attribute(.name, Name(name).attributeValue)) }
        if active { all.append(Attribute(.activationDate, .dateTime(1_000_000_000))) }
        return TemplateAttribute(attributes: all + more)
    }

    /// Registers a symmetric key that is active.
    func register(_ key: [UInt8], _ mask: CryptographicUsageMask, algorithm: CryptographicAlgorithm = .aes, and more: [Attribute] = []) async throws
        -> String
    {
        let block = KeyBlock(
            keyFormatType: .raw, keyValue: .bytes(ByteBuffer(bytes: key), attributes: []), cryptographicAlgorithm: algorithm,
            cryptographicLength: Int32(key.count * 8)
        )
        return try await register(.symmetricKey(block), World.attributes(mask: mask, active: true, and: more))
    }

    func register(_ object: ManagedObject, _ attributes: TemplateAttribute) async throws -> String {
        let made: RegisterResponse = try await ask(RegisterRequest(objectType: object.objectType, templateAttribute: attributes, object: object))
        return made.uniqueIdentifier
    }

    /// Registers secret data that is active.
    func secret(_ value: [UInt8], _ type: SecretDataType, mask: CryptographicUsageMask = .deriveKey) async throws -> String {
        let block = KeyBlock(keyFormatType: .opaque, keyValue: .bytes(ByteBuffer(bytes: value), attributes: []))
        return try await register(.secretData(type, block), World.attributes(mask: mask, active: true))
    }

    /// The Key Block that Get answers with.
    func block(_ request: GetRequest) async throws -> KeyBlock {
        let got: GetResponse = try await ask(request)
        guard let block = got.object.keyBlock else { throw Unexpected() }
        return block
    }

    /// The bytes of an object as it is held.
    func bytes(_ identifier: String) async throws -> [UInt8] {
        let got: GetResponse = try await ask(GetRequest(uniqueIdentifier: identifier))
        return got.object.value.map { Array($0.readableBytesView) } ?? []
    }

    func attributes(_ identifier: String, _ names: [AttributeName], version: ProtocolVersion = .v1_4) async throws -> [Attribute] {
        let got: GetAttributesResponse = try await ask(
            GetAttributesRequest(uniqueIdentifier: identifier, attributeNames: names.map(\.rawValue)), version: version
        )
        return got.attributes
    }

    /// What links of a type lead to.
    func linked(_ identifier: String, _ type: LinkType) async throws -> [String] {
        try await attributes(identifier, [.link]).compactMap { $0.value.flatMap(Link.init) }.filter { $0.type == type }.map(\.identifier)
    }
}
