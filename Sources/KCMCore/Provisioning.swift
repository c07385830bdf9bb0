public import KCMEngine
public import KMIP

/// L3 keys that Core makes by itself at start-up, so that an Edge finds its tenants' sealing keys.
public enum Provisioning {
    /// One key to be there.
    public struct Key: Sendable, Hashable {
        public let tenant: String
        public let name: String
        public init(tenant: String, name: String) {
            self.tenant = tenant
            self.name = name
        }
    }

    /// Makes and activates a key where its tenant never had one of that name.
    ///
    /// A key that was revoked or destroyed stays so: otherwise a restart would undo the kill switch.
    /// - Returns: the Unique Identifier of the key that was made, or `nil` where there was one.
    public static func ensure(_ key: Key, in engine: Engine, now: Int64) async throws(OperationFailure) -> String? {
        let context = OperationContext(tenant: key.tenant, version: .v1_4, now: now, placeholder: nil, level: .l3)
        if try await engine.hasEverHad(name: key.name, in: context) { return nil }
        let mask: CryptographicUsageMask = [.encrypt, .decrypt]
        let request = CreateRequest(
            objectType: .symmetricKey,
            templateAttribute: TemplateAttribute(attributes: [
                Attribute(.name, Name(key.name).attributeValue),
                Attribute(.cryptographicAlgorithm, .enumeration(CryptographicAlgorithm.aes.rawValue)),
                Attribute(.cryptographicLength, .integer(256)),
                Attribute(.cryptographicUsageMask, .integer(mask.rawValue)),
                Attribute(.activationDate, .dateTime(now)),
            ])
        )
        return try await engine.create(request, in: context)
    }
}
