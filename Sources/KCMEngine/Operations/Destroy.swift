internal import KMIP

/// Destroy (KMIP 1.4 §4.21): the material is gone once this is answered; attributes stay readable. Goes on while the sealing key is
/// out of reach, and for objects in archival storage.
struct Destroy: ServedOperation {
    let request: DestroyRequest

    init(_ request: DestroyRequest) { self.request = request }

    var target: OperationTarget { .object(request.uniqueIdentifier) }

    func perform(in engine: Engine, _ context: OperationContext) async throws(OperationFailure) -> OperationResult {
        if let marked = try await engine.markWithoutKeys(request.uniqueIdentifier, .destroyed, .unspecified, context) { return marked }
        let object = try await engine.change(request.uniqueIdentifier, in: context, takesArchived: true) { (object) throws(OperationFailure) in
            try object.after(.destroyed, at: context.now)
        }
        return OperationResult(object)
    }
}
