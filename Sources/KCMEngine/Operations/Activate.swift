internal import KMIP

/// Activate (KMIP 1.4 §4.19).
struct Activate: ServedOperation {
    let request: ActivateRequest

    init(_ request: ActivateRequest) { self.request = request }

    var target: OperationTarget { .object(request.uniqueIdentifier) }

    func perform(in engine: Engine, _ context: OperationContext) async throws(OperationFailure) -> OperationResult {
        let object = try await engine.change(request.uniqueIdentifier, in: context) { (object) throws(OperationFailure) in
            try object.after(.activated, at: context.now)
        }
        return OperationResult(object)
    }
}
