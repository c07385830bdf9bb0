internal import KMIP

/// An operation on the server itself: needs no object, is allowed to every mapped principal, and never waits.
protocol ServerOperation: ServedOperation {
    func perform(in engine: Engine, _ context: OperationContext, to writer: inout TTLVWriter) throws(OperationFailure) -> OperationTrace
}

extension ServerOperation {
    public var target: OperationTarget { .server }

    public func performNow(
        in engine: Engine,
        _ context: OperationContext,
        to writer: inout TTLVWriter
    ) throws(OperationFailure) -> OperationTrace? {
        try perform(in: engine, context, to: &writer)
    }

    public func perform(in engine: Engine, _ context: OperationContext) async throws(OperationFailure) -> OperationResult {
        try OperationResult { (writer) throws(OperationFailure) in try self.perform(in: engine, context, to: &writer) }
    }
}
