internal import KMIP

/// Revoke (KMIP 1.4 §4.20). Goes on while the sealing key is out of reach: then it leaves a mark. Also for archived objects.
struct Revoke: ServedOperation {
    let request: RevokeRequest

    init(_ request: RevokeRequest) { self.request = request }

    var target: OperationTarget { .object(request.uniqueIdentifier) }

    func perform(in engine: Engine, _ context: OperationContext) async throws(OperationFailure) -> OperationResult {
        let reason = request.revocationReason
        guard reason.code.name != nil else { throw OperationFailure(.invalidField, "The Revocation Reason Code is not recognized") }
        let isCompromise = reason.code == .keyCompromise || reason.code == .caCompromise
        if request.compromiseOccurrenceDate != nil, !isCompromise {
            throw OperationFailure(.invalidField, "Compromise Occurrence Date is for the reasons of a compromise only")
        }
        let state: State = isCompromise ? .compromised : .deactivated
        if let marked = try await engine.markWithoutKeys(request.uniqueIdentifier, state, reason.code, context) { return marked }
        let occurrence = request.compromiseOccurrenceDate
        let object = try await engine.change(request.uniqueIdentifier, in: context, takesArchived: true) { (object) throws(OperationFailure) in
            try object.after(isCompromise ? .compromised : .deactivated, at: context.now) { attributes in
                attributes.set(.revocationReason, reason.attributeValue)
                if let occurrence { attributes.set(.compromiseOccurrenceDate, .dateTime(occurrence)) }
            }
        }
        return OperationResult(object)
    }
}
