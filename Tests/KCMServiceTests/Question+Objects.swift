import KCMEngine
import KMIP
import NIOCore

extension Question {
    static let note = AttributeName(rawValue: "x-note")

    /// New objects of acme that the operation succeeds with, in their order in the request.
    static func objects(for operation: KMIP.Operation, _ level: Level, in world: World) async throws -> [String] {
        let owner = level == .l4 ? World.acme : World.admin
        func pair() async throws -> CreateKeyPairResponse {
            let request = CreateKeyPairRequest(
                commonTemplateAttribute: World.attributes(.ec, 256, active: true),
                privateKeyTemplateAttribute: World.attributes(mask: .sign),
                publicKeyTemplateAttribute: World.attributes(mask: .verify, name: "pair \(try UniqueIdentifier.make(level))")
            )
            return try await world.ask(request, from: owner)
        }
        func symmetric(_ mask: CryptographicUsageMask = [.encrypt, .decrypt], active: Bool = true, and more: [Attribute] = []) async throws -> String
        {
            let template = World.attributes(.aes, 256, mask: mask, active: active, and: [Attribute(note, .text("n"))] + more)
            let made: CreateResponse = try await world.ask(CreateRequest(objectType: .symmetricKey, templateAttribute: template), from: owner)
            return made.uniqueIdentifier
        }
        switch operation {
        case .reKeyKeyPair, .sign: return [try await pair().privateKeyUniqueIdentifier]
        case .signatureVerify: return [try await pair().publicKeyUniqueIdentifier]
        case .certify, .reCertify:
            let found: LocateResponse = try await world.ask(
                LocateRequest(attributes: [Attribute(.name, Name("certificate-authority").attributeValue)]), from: owner)
            if found.uniqueIdentifiers.isEmpty { _ = try await world.authority(from: owner) }
            let key = try await pair().publicKeyUniqueIdentifier
            guard operation == .reCertify else { return [key] }
            let made: CertifyResponse = try await world.ask(CertifyRequest(uniqueIdentifier: key), from: owner)
            return [made.uniqueIdentifier]
        case .deriveKey: return [try await symmetric(.deriveKey)]
        case .mac, .macVerify: return [try await symmetric([.macGenerate, .macVerify])]
        case .activate, .destroy: return [try await symmetric(active: false)]
        case .getUsageAllocation:
            let limits: [AttributeValue.Field] = [
                .init(.usageLimitsTotal, .longInteger(10)), .init(.usageLimitsUnit, .enumeration(UsageLimitsUnit.object.rawValue)),
            ]
            return [try await symmetric(and: [Attribute(.usageLimits, .structure(limits))])]
        case .recover:
            let key = try await symmetric()
            let _: ArchiveResponse = try await world.ask(ArchiveRequest(uniqueIdentifier: key), from: owner)
            return [key]
        case .joinSplitKey:
            let request = CreateSplitKeyRequest(
                objectType: .splitKey, uniqueIdentifier: try await symmetric(), splitKeyParts: 3, splitKeyThreshold: 3, splitKeyMethod: .xor,
                templateAttribute: TemplateAttribute()
            )
            let made: CreateSplitKeyResponse = try await world.ask(request, from: owner)
            return made.uniqueIdentifiers
        default: return [try await symmetric()]
        }
    }
}
