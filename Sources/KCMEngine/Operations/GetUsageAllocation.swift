internal import KMIP

/// Get Usage Allocation (KMIP 1.4 §4.18): a share of the Usage Limits goes to the client, which counts as used.
struct GetUsageAllocation: ServedOperation {
    let request: GetUsageAllocationRequest

    init(_ request: GetUsageAllocationRequest) { self.request = request }

    var target: OperationTarget { .object(request.uniqueIdentifier) }

    func perform(in engine: Engine, _ context: OperationContext) async throws(OperationFailure) -> OperationResult {
        let wanted = request.usageLimitsCount
        guard wanted > 0 else { throw OperationFailure(.invalidField, "Usage Limits Count is above zero") }
        let object = try await engine.change(request.uniqueIdentifier, in: context) { (object) throws(OperationFailure) in
            guard let limits = object.rules.usageLimits, object.rules.usageMask.canProtect else {
                throw OperationFailure(.illegalOperation, "The object has no Usage Limits, or is not for protecting data")
            }
            try KeyUse.check(object, for: .allocation, in: context)
            var attributes = object.attributes
            attributes.set(.usageLimits, try limits.charged(units: wanted).attributeValue)
            return object.counted(attributes)
        }
        return OperationResult(object)
    }
}

extension CryptographicUsageMask {
    /// Allows anything that applies protection.
    fileprivate var canProtect: Bool {
        !isDisjoint(with: [.encrypt, .sign, .wrapKey, .macGenerate, .deriveKey, .certificateSign, .crlSign, .contentCommitment, .generateCryptogram])
    }
}
