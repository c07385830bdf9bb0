internal import KCMCrypto
internal import KMIP

/// Certify (KMIP 1.4 §4.7): a certificate of a public key, issued by the tenant's authority.
struct Certify: ServedOperation {
    let request: CertifyRequest

    init(_ request: CertifyRequest) { self.request = request }

    var target: OperationTarget { .object(request.uniqueIdentifier) }

    func perform(in engine: Engine, _ context: OperationContext) async throws(OperationFailure) -> OperationResult {
        var attributes = try await engine.take(request.templateAttribute ?? TemplateAttribute(), in: context)
        let authority = try await TenantAuthority.find(named: attributes.linked(.certificateLink).first, in: engine, context)
        attributes.unlink([.certificateLink])
        let stored = try await engine.commit(in: context) { () async throws(OperationFailure) in
            let publicKey = try await engine.load(request.uniqueIdentifier, context)
            try KeyUse.requireOnLine(publicKey)
            guard publicKey.objectType == .publicKey, !publicKey.isDestroyed else {
                throw OperationFailure(.permissionDenied, "The object is not a public key that can be certified")
            }
            let key = try publicKey.asymmetricKey()
            let subject: CertificateSubject
            if let sent = try CertificateSubject.request(request.certificateRequestType, request.certificateRequest, for: key) {
                subject = sent
            } else {
                let name = publicKey.attributes.names.first?.value ?? publicKey.uniqueIdentifier
                subject = try CryptoFailure.guarding { () throws(CryptoError) in try CertificateSubject([("CN", name)], key: key) }
            }
            let certificate = try authority.issue(
                to: subject, attributes, usage: publicKey.rules.usageMask, publicKey: publicKey.uniqueIdentifier, in: engine, context
            )
            var changed = publicKey.attributes
            changed.link(.certificateLink, to: certificate.uniqueIdentifier)
            return [.create(certificate), .replace(publicKey, with: publicKey.changed(changed, state: publicKey.storedState, now: context.now))]
        }
        return OperationResult(made: stored[0])
    }
}
