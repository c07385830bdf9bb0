internal import KMIP

/// Cancel (KMIP 1.4 §4.27). Every operation is answered at once, so there is never one to cancel.
struct Cancel: ServerOperation {
    let request: CancelRequest

    init(_ request: CancelRequest) { self.request = request }

    func perform(in engine: Engine, _ context: OperationContext, to writer: inout TTLVWriter) throws(OperationFailure) -> OperationTrace {
        let value = request.asynchronousCorrelationValue
        CancelResponse(asynchronousCorrelationValue: value, cancellationResult: .unavailable).encode(to: &writer)
        return OperationTrace()
    }
}
