internal import KCMCrypto
internal import KMIP

/// Re-key Key Pair (KMIP 1.4 §4.5): a replacement of both keys of a pair, which take their names over.
struct ReKeyKeyPair: ServedOperation {
    let request: ReKeyKeyPairRequest

    init(_ request: ReKeyKeyPairRequest) { self.request = request }

    var target: OperationTarget { .object(request.privateKeyUniqueIdentifier) }

    func perform(in engine: Engine, _ context: OperationContext) async throws(OperationFailure) -> OperationResult {
        let common = try await engine.take(request.commonTemplateAttribute ?? TemplateAttribute(), in: context)
        var forPrivate = try await engine.take(request.privateKeyTemplateAttribute ?? TemplateAttribute(), in: context)
        var forPublic = try await engine.take(request.publicKeyTemplateAttribute ?? TemplateAttribute(), in: context)
        forPrivate.merge(common)
        forPublic.merge(common)
        let privateReplacement = try Replacement(offset: request.offset, requested: forPrivate)
        let publicReplacement = try Replacement(offset: request.offset, requested: forPublic)
        // Made once, however often the commit starts over: a key pair costs seconds.
        var made: (making: KeyPairMaking, key: AsymmetricKey)?
        let stored = try await engine.commit(in: context) { () async throws(OperationFailure) in
            let (oldPrivate, oldPublic) = try await halves(in: engine, context)
            let privateAttributes = try privateReplacement.attributes(for: oldPrivate, now: context.now)
            let publicAttributes = try publicReplacement.attributes(for: oldPublic, now: context.now)
            try CreateKeyPair.checkEqual(privateAttributes, publicAttributes)
            guard privateAttributes.algorithm == oldPrivate.rules.algorithm else {
                throw OperationFailure(.invalidField, "A key pair is replaced by one of the same Cryptographic Algorithm")
            }
            if made == nil {
                let making = try KeyPairMaking(privateAttributes)
                made = (making, try await making.make())
            }
            guard let made else { throw OperationFailure(.generalFailure, "No key pair could be made") }
            let pair = try KeyPair(made.making, made.key, privateAttributes, publicAttributes, in: engine, context)
            return [
                .create(pair.privateKey), .create(pair.publicKey),
                .replace(oldPrivate, with: Replacement.replaced(oldPrivate, by: pair.privateKey, now: context.now)),
                .replace(oldPublic, with: Replacement.replaced(oldPublic, by: pair.publicKey, now: context.now)),
            ]
        }
        return try KeyPair.result(stored[0], stored[1])
    }

    /// Both keys of the pair.
    /// - Throws: *Permission Denied* where there is no pair, or one of them cannot be replaced.
    private func halves(in engine: Engine, _ context: OperationContext) async throws(OperationFailure) -> (KeyObject, KeyObject) {
        let privateKey = try await engine.load(request.privateKeyUniqueIdentifier, context)
        try ReKey.checkReplaceable(privateKey, .privateKey)
        guard let link = privateKey.attributes.linked(.publicKeyLink).first else {
            throw OperationFailure(.permissionDenied, "The private key has no Link to its public key")
        }
        let publicKey = try await engine.loadRelated(link, context)
        try ReKey.checkReplaceable(publicKey, .publicKey)
        return (privateKey, publicKey)
    }
}
