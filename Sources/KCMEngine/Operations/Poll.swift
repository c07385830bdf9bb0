internal import KMIP

/// Poll (KMIP 1.4 §4.28). Every operation is answered at once, so there is never one outstanding.
struct Poll: ServerOperation {
    let request: PollRequest

    init(_ request: PollRequest) { self.request = request }

    func perform(in engine: Engine, _ context: OperationContext, to writer: inout TTLVWriter) throws(OperationFailure) -> OperationTrace {
        throw OperationFailure(.itemNotFound, "No outstanding operation has this Asynchronous Correlation Value")
    }
}
