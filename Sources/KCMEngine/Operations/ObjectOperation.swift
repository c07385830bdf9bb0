internal import KMIP

/// An operation that reads one object and writes nothing: done at once where the object is in memory.
protocol ObjectOperation: ServedOperation {
    /// As sent; `nil` for the ID Placeholder.
    var uniqueIdentifier: String? { get }

    /// Whether an object in archival storage will do (KMIP 1.4 §4.22).
    static var takesArchived: Bool { get }

    /// Does it, given the object. Never waits.
    func perform(
        on object: KeyObject,
        in engine: Engine,
        _ context: OperationContext,
        to writer: inout TTLVWriter
    ) throws(OperationFailure) -> OperationTrace
}

extension ObjectOperation {
    static var takesArchived: Bool { false }

    public var target: OperationTarget { .object(uniqueIdentifier) }

    public func performNow(
        in engine: Engine,
        _ context: OperationContext,
        to writer: inout TTLVWriter
    ) throws(OperationFailure) -> OperationTrace? {
        guard let object = try engine.cached(uniqueIdentifier, context) else { return nil }
        if !Self.takesArchived { try KeyUse.requireOnLine(object) }
        return try perform(on: object, in: engine, context, to: &writer)
    }

    public func perform(in engine: Engine, _ context: OperationContext) async throws(OperationFailure) -> OperationResult {
        let object = try await engine.load(uniqueIdentifier, context)
        if !Self.takesArchived { try KeyUse.requireOnLine(object) }
        return try OperationResult { (writer) throws(OperationFailure) in
            try self.perform(on: object, in: engine, context, to: &writer)
        }
    }
}
