internal import KCMCrypto
internal import KMIP
internal import NIOCore

/// The certificate authority that Certify and Re-certify issue with: a certificate of the tenant's and its private key.
///
/// KMIP leaves the choice to the server. A request may name the certificate by a Link of type Certificate, which for a certificate is its
/// parent in the chain (KMIP 1.4 §3.35); else it is the certificate with the Name `certificate-authority`.
struct TenantAuthority {
    /// The authority of a tenant that names none.
    static let standardName = "certificate-authority"

    let issuer: CertificateIssuer
    /// The Unique Identifier of its certificate.
    let identifier: String

    /// Finds it, checks that its key may sign certificates, and charges that.
    /// - Throws: *Item Not Found* where there is no authority; *Permission Denied* where it may not issue now; *Illegal Operation* where
    ///   certificate and key do not make one.
    static func find(named link: String?, in engine: Engine, _ context: OperationContext) async throws(OperationFailure) -> TenantAuthority {
        var identifier = link
        if identifier == nil {
            identifier = try await engine.guarding { () async throws in
                try await engine.repository.identifier(named: standardName, of: context.tenant)
            }
        }
        guard let identifier else {
            throw OperationFailure(.itemNotFound, "The tenant has no certificate named \(standardName), and no Link of type Certificate names one")
        }
        let object = try await engine.loadRelated(identifier, context)
        guard object.objectType == .certificate, let material = object.material, case .value(CertificateType.x509.rawValue) = material.form else {
            throw OperationFailure(.illegalOperation, "The object is not an X.509 certificate that the server holds")
        }
        guard [.active, .preActive].contains(object.state(at: context.now)) else {
            throw OperationFailure(.permissionDenied, "The certificate of the authority is no longer in use")
        }
        let key = try await engine.use(try await privateKey(of: object, in: engine, context), for: .certificateSign, bytes: 0, in: context)
        do throws(CryptoError) {
            let certificate = try Certificate(der: material.key.bytes.withUnsafeBytes { Array($0) })
            return TenantAuthority(issuer: try CertificateIssuer(certificate: certificate, key: try key.signingKey()), identifier: identifier)
        } catch {
            throw OperationFailure(.illegalOperation, "The certificate and the key that it links to make no authority")
        }
    }

    /// By a link of the certificate itself, or of its public key.
    private static func privateKey(of object: KeyObject, in engine: Engine, _ context: OperationContext) async throws(OperationFailure) -> String {
        var link = object.attributes.linked(.privateKeyLink).first
        if link == nil, let half = object.attributes.linked(.publicKeyLink).first {
            link = try await engine.loadRelated(half, context).attributes.linked(.privateKeyLink).first
        }
        guard let link else { throw OperationFailure(.illegalOperation, "The certificate of the authority has no Link to its private key") }
        let key = try await engine.loadRelated(link, context)
        guard key.objectType == .privateKey else { throw OperationFailure(.illegalOperation, "The authority's Link does not lead to a private key") }
        return link
    }

    /// A new certificate object, not stored yet.
    /// - Parameters:
    ///   - attributes: what the object is to have; Activation Date and Deactivation Date are the certificate's validity, from now for a
    ///     year where they are not stated.
    /// - Throws: *Invalid Field* for a validity that has ended, or goes beyond that of the authority.
    func issue(
        to subject: CertificateSubject,
        _ attributes: AttributeSet,
        usage: CryptographicUsageMask,
        publicKey: String?,
        in engine: Engine,
        _ context: OperationContext
    ) throws(OperationFailure) -> KeyObject {
        var attributes = attributes
        let start = attributes.date(.activationDate) ?? context.now
        let (usual, isBeyond) = start.addingReportingOverflow(Self.validity)
        let end = attributes.date(.deactivationDate) ?? min(isBeyond ? .max : usual, issuer.certificate.notAfter)
        guard start < end, end > context.now, end <= issuer.certificate.notAfter else {
            throw OperationFailure(.invalidField, "Deactivation Date is after Activation Date, to come, and within the authority's validity")
        }
        attributes.set(.activationDate, .dateTime(start))
        attributes.set(.deactivationDate, .dateTime(end))
        let der = try CryptoFailure.guarding { () throws(CryptoError) in
            try issuer.issue(to: subject, usage: Self.usage(usage), notBefore: start, notAfter: end).der
        }
        try CertificateAttributes.set(&attributes, .x509, der)
        attributes.relink(.certificateLink, to: identifier)
        if let publicKey { attributes.relink(.publicKeyLink, to: publicKey) }
        do {
            let key = SecretKey(try SecretBytes(copying: ByteBuffer(bytes: der)))
            let material = Material(form: .value(type: CertificateType.x509.rawValue), key: key)
            return try engine.newObject(.certificate, attributes: attributes, material: material, isServerMade: true, in: context)
        } catch { throw Engine.failure(for: error) }
    }

    /// A year, in seconds.
    private static let validity: Int64 = 365 * 86_400

    private static func usage(_ mask: CryptographicUsageMask) -> CertificateIssuer.Usage {
        var usage: CertificateIssuer.Usage = []
        if mask.contains(.verify) { usage.insert(.digitalSignature) }
        if mask.contains(.contentCommitment) { usage.insert(.nonRepudiation) }
        if mask.contains(.wrapKey) { usage.insert(.keyEncipherment) }
        if mask.contains(.encrypt) { usage.insert(.dataEncipherment) }
        if mask.contains(.keyAgreement) { usage.insert(.keyAgreement) }
        return usage
    }
}

extension KeyObject {
    fileprivate func signingKey() throws(CryptoError) -> AsymmetricKey {
        do throws(OperationFailure) { return try asymmetricKey() } catch { throw CryptoError(.certificate, error.message) }
    }
}

extension CertificateSubject {
    /// The subject of the Certificate Request of Certify or Re-certify; `nil` where there is none.
    /// - Throws: *Invalid Field* for what is no signed request of the type that is stated, or is for another key.
    static func request(_ type: CertificateRequestType?, _ bytes: ByteBuffer?, for key: AsymmetricKey) throws(OperationFailure) -> CertificateSubject?
    {
        guard let bytes else {
            guard type == nil else { throw OperationFailure(.invalidField, "Certificate Request is missing") }
            return nil
        }
        guard type == .pkcs10 || type == .pem else {
            throw OperationFailure(.invalidField, "Certificate requests of the types PKCS #10 and PEM are taken, and the type is to be stated")
        }
        let subject: CertificateSubject
        do throws(CryptoError) {
            subject = try bytes.withReadable { (bytes) throws(CryptoError) in try CertificateSubject(request: bytes, isPEM: type == .pem) }
        } catch { throw OperationFailure(.invalidField, "The Certificate Request is not a signed request of the type that is stated") }
        guard subject.key.isPair(with: key) else { throw OperationFailure(.invalidField, "The Certificate Request is for another key") }
        return subject
    }
}
