internal import KMIP

/// An operation that uses a key: the rules of its lifecycle are checked before, and its Usage Limits are charged before the answer leaves.
protocol KeyUsingOperation: ServedOperation {
    /// As sent; `nil` for the ID Placeholder.
    var uniqueIdentifier: String? { get }

    /// What the key is used for.
    var purpose: KeyPurpose { get }

    /// What is charged to Usage Limits that count bytes (KMIP 1.4 §3.21).
    var usedBytes: Int { get }

    /// Does it, given a key that may be used so. Never waits.
    func perform(
        with object: KeyObject,
        in engine: Engine,
        _ context: OperationContext,
        to writer: inout TTLVWriter
    ) throws(OperationFailure) -> OperationTrace
}

extension KeyUsingOperation {
    public var target: OperationTarget { .object(uniqueIdentifier) }

    public func performNow(
        in engine: Engine,
        _ context: OperationContext,
        to writer: inout TTLVWriter
    ) throws(OperationFailure) -> OperationTrace? {
        guard let object = try engine.cached(uniqueIdentifier, context) else { return nil }
        try KeyUse.check(object, for: purpose, in: context)
        // Counting has to be durable before the answer leaves.
        if KeyUse.isCharged(object, for: purpose) { return nil }
        return try perform(with: object, in: engine, context, to: &writer)
    }

    public func perform(in engine: Engine, _ context: OperationContext) async throws(OperationFailure) -> OperationResult {
        let object = try await engine.load(uniqueIdentifier, context)
        try KeyUse.check(object, for: purpose, in: context)
        let result = try OperationResult { (writer) throws(OperationFailure) in
            try self.perform(with: object, in: engine, context, to: &writer)
        }
        // Charged for what succeeded only; where the charge fails, the result is dropped.
        try await engine.charge(object, for: purpose, bytes: usedBytes, in: context)
        return result
    }
}
