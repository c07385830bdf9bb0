internal import KMIP

/// Recover (KMIP 1.4 §4.23): an archived object is on-line again. One that is on-line stays so.
struct Recover: ServedOperation {
    let request: RecoverRequest

    init(_ request: RecoverRequest) { self.request = request }

    var target: OperationTarget { .object(request.uniqueIdentifier) }

    func perform(in engine: Engine, _ context: OperationContext) async throws(OperationFailure) -> OperationResult {
        let object = try await engine.change(request.uniqueIdentifier, in: context, takesArchived: true) { (object) throws(OperationFailure) in
            var attributes = object.attributes
            attributes.set(.archiveDate, nil)
            return object.changed(attributes, now: context.now)
        }
        return OperationResult(object)
    }
}
