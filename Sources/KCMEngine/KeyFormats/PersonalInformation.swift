internal import KCMCrypto
internal import KMIP
internal import NIOCore

/// A private key as a PKCS #12 file (KMIP 1.4 §4.11): its password, certificate and chain are found by links.
enum PersonalInformation {
    /// The most certificates of a chain.
    private static let maximumChain = 16

    /// - Throws: *Key Format Type Not Supported* for what is no private key; *Illegal Operation* where a link is missing, or leads to
    ///   several objects or one of another type; *Cryptographic Failure* where key and certificate do not belong together.
    static func material(of object: KeyObject, in engine: Engine, _ context: OperationContext) async throws(OperationFailure) -> Material {
        guard object.objectType == .privateKey else {
            throw OperationFailure(.keyFormatTypeNotSupported, "Only private keys are given as PKCS #12")
        }
        guard let link = try only(object.attributes.linked(.pkcs12PasswordLink)) else {
            throw OperationFailure(.illegalOperation, "The private key has no Link to the password of a PKCS #12 file")
        }
        let password = try await engine.loadRelated(link, context)
        guard password.objectType == .secretData, let secret = password.material, case .keyBytes = secret.form else {
            throw OperationFailure(.illegalOperation, "The Link to the password does not lead to Secret Data that the server holds")
        }
        let certificates = try await chain(of: object, in: engine, context)
        let key = try object.asymmetricKey()
        var friendlyName: String?
        if case .text(let name)? = object.attributes[.pkcs12FriendlyName] { friendlyName = name }
        do {
            let file = try PKCS12.make(
                password: secret.key.bytes,
                key: key,
                certificate: certificates.first,
                chain: Array(certificates.dropFirst()),
                friendlyName: friendlyName
            )
            // The Key Value of a PKCS #12 file is a Byte String, as that of a wrapped key is.
            return Material(form: .wrappedKey(.pkcs12, wrappingData: []), key: SecretKey(file))
        } catch let error as CryptoError {
            throw CryptoFailure.failure(error)
        } catch { throw Engine.failure(for: error) }
    }

    /// The key's certificate and those that it leads to, one after the other.
    private static func chain(of object: KeyObject, in engine: Engine, _ context: OperationContext) async throws(OperationFailure) -> [Certificate] {
        var next = try certificate(of: object)
        if next == nil, let half = try only(object.attributes.linked(.publicKeyLink)) {
            next = try certificate(of: try await engine.loadRelated(half, context))
        }
        var seen: Set<String> = []
        var certificates: [Certificate] = []
        while let identifier = next {
            guard seen.insert(identifier).inserted, seen.count <= maximumChain else {
                throw OperationFailure(.illegalOperation, "The Links of the certificates run in a circle, or are too many")
            }
            let linked = try await engine.loadRelated(identifier, context)
            guard linked.objectType == .certificate, let material = linked.material, case .value(CertificateType.x509.rawValue) = material.form else {
                throw OperationFailure(.illegalOperation, "A Link does not lead to an X.509 certificate that the server holds")
            }
            do throws(CryptoError) {
                certificates.append(try Certificate(der: material.key.bytes.withUnsafeBytes { Array($0) }))
            } catch { throw CryptoFailure.failure(error) }
            next = try certificate(of: linked)
        }
        return certificates
    }

    private static func certificate(of object: KeyObject) throws(OperationFailure) -> String? {
        if let link = try only(object.attributes.linked(.pkcs12CertificateLink)) { return link }
        return try only(object.attributes.linked(.certificateLink))
    }

    /// The one object that a kind of link leads to.
    private static func only(_ links: [String]) throws(OperationFailure) -> String? {
        guard links.count <= 1 else { throw OperationFailure(.illegalOperation, "More than one Link leads on; the chain is not clear") }
        return links.first
    }
}

extension Engine {
    /// An object that an operation needs besides its own: of the same level, so that what happens at one level reaches no other.
    /// - Throws: *Permission Denied* for another level; *Item Not Found*, *Object Archived*.
    func loadRelated(_ identifier: String, _ context: OperationContext) async throws(OperationFailure) -> KeyObject {
        if let level = UniqueIdentifier.level(of: identifier), level != context.level {
            throw OperationFailure(.permissionDenied, "Objects of the level \(level.name) are not reached from the level \(context.level.name)")
        }
        let object = try await load(identifier, context)
        try KeyUse.requireOnLine(object)
        return object
    }
}
