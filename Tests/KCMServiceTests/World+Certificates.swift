import Foundation
import KCMAccess
import KCMCrypto
import KCMEngine
import KMIP
import NIOCore

extension World {
    /// Registers a root and its private key, linked.
    func authority(
        name: String? = "certificate-authority",
        from owner: Principal = acme
    ) async throws -> (identifier: String, root: Certificate, key: String) {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("kcm-certify-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let made = try CertificateAuthority.create(subject: [("O", "acme"), ("CN", "acme root")], notBefore: 1_600_000_000, notAfter: 4_000_000_000)
        let file = folder.appendingPathComponent("ca.key")
        try made.write(certificateFile: folder.appendingPathComponent("ca.pem").path, keyFile: file.path)
        let base64 = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").filter { !$0.hasPrefix("-") }.joined()
        guard let der = Data(base64Encoded: base64).map({ Array($0) }) else { throw Unexpected() }
        let block = KeyBlock(
            keyFormatType: .pkcs8, keyValue: .bytes(ByteBuffer(bytes: der), attributes: []), cryptographicAlgorithm: .ec, cryptographicLength: 256)
        func register(_ object: ManagedObject, _ attributes: TemplateAttribute) async throws -> String {
            let made: RegisterResponse = try await ask(
                RegisterRequest(objectType: object.objectType, templateAttribute: attributes, object: object), from: owner)
            return made.uniqueIdentifier
        }
        let key = try await register(.privateKey(block), World.attributes(mask: .certificateSign, active: true))
        let link = Attribute(.link, Link(.privateKeyLink, key).attributeValue)
        let identifier = try await register(
            .certificate(.x509, value: ByteBuffer(bytes: made.certificate.der)), World.attributes(name: name, and: [link]))
        return (identifier, made.certificate, key)
    }
}
