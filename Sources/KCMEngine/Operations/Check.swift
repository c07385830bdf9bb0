internal import KMIP

/// Check (KMIP 1.4 §4.10): whether the object may be used so. A refusal empties the ID Placeholder.
struct Check: ObjectOperation {
    let request: CheckRequest

    init(_ request: CheckRequest) { self.request = request }

    var uniqueIdentifier: String? { request.uniqueIdentifier }

    func perform(
        on object: KeyObject,
        in engine: Engine,
        _ context: OperationContext,
        to writer: inout TTLVWriter
    ) throws(OperationFailure) -> OperationTrace {
        guard object.objectType != .template, object.objectType != .opaqueObject else {
            throw OperationFailure(.illegalOperation, "Only cryptographic objects can be checked")
        }
        guard !object.isDestroyed else { throw OperationFailure(.permissionDenied, "The object is destroyed") }
        var refused: [String] = []
        if let wanted = request.usageLimitsCount, let limits = object.rules.usageLimits, wanted > limits.count {
            refused.append("Usage Limits Count")
        }
        if let wanted = request.cryptographicUsageMask, !object.rules.usageMask.isSuperset(of: wanted) {
            refused.append("Cryptographic Usage Mask")
        }
        if let wanted = request.leaseTime, wanted > Engine.leaseTime { refused.append("Lease Time") }
        guard refused.isEmpty else {
            throw OperationFailure(.permissionDenied, "The object does not allow: \(refused.joined(separator: ", "))")
        }
        CheckResponse(uniqueIdentifier: object.uniqueIdentifier).encode(to: &writer)
        return OperationTrace(made: object)
    }
}
