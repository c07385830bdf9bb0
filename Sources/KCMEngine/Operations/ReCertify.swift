internal import KCMCrypto
internal import KMIP

/// Re-certify (KMIP 1.4 §4.8): a new certificate for the same key, which takes the names of the old one over.
struct ReCertify: ServedOperation {
    let request: ReCertifyRequest

    init(_ request: ReCertifyRequest) { self.request = request }

    var target: OperationTarget { .object(request.uniqueIdentifier) }

    func perform(in engine: Engine, _ context: OperationContext) async throws(OperationFailure) -> OperationResult {
        let requested = try await engine.take(request.templateAttribute ?? TemplateAttribute(), in: context)
        let replacement = try Replacement(offset: request.offset, requested: requested)
        let first = try await load(in: engine, context)
        let parent = requested.linked(.certificateLink).first ?? first.attributes.linked(.certificateLink).first
        let authority = try await TenantAuthority.find(named: parent, in: engine, context)
        let stored = try await engine.commit(in: context) { () async throws(OperationFailure) in
            let old = try await load(in: engine, context)
            let key = try old.asymmetricKey()
            let subject: CertificateSubject
            if let sent = try CertificateSubject.request(request.certificateRequestType, request.certificateRequest, for: key) {
                subject = sent
            } else {
                let der = old.material?.key.bytes.withUnsafeBytes { Array($0) } ?? []
                subject = try CryptoFailure.guarding { () throws(CryptoError) in try CertificateSubject(of: Certificate(der: der)) }
            }
            var publicKey: KeyObject?
            if let link = old.attributes.linked(.publicKeyLink).first { publicKey = try await engine.loadRelated(link, context) }
            var attributes = try replacement.attributes(for: old, now: context.now)
            attributes.unlink([.certificateLink])
            let new = try authority.issue(
                to: subject, attributes, usage: publicKey?.rules.usageMask ?? old.rules.usageMask, publicKey: publicKey?.uniqueIdentifier,
                in: engine, context
            )
            var changes: [ObjectChange] = [.create(new), .replace(old, with: Replacement.replaced(old, by: new, now: context.now))]
            if let publicKey {
                var changed = publicKey.attributes
                changed.relink(.certificateLink, to: new.uniqueIdentifier)
                changes.append(.replace(publicKey, with: publicKey.changed(changed, state: publicKey.storedState, now: context.now)))
            }
            return changes
        }
        return OperationResult(made: stored[0])
    }

    private func load(in engine: Engine, _ context: OperationContext) async throws(OperationFailure) -> KeyObject {
        let object = try await engine.load(request.uniqueIdentifier, context)
        try KeyUse.requireOnLine(object)
        guard object.objectType == .certificate, !object.isDestroyed, case .value(CertificateType.x509.rawValue)? = object.material?.form else {
            throw OperationFailure(.permissionDenied, "The object is not an X.509 certificate that can be renewed")
        }
        return object
    }
}
