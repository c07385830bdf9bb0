internal import KMIP

/// Archive (KMIP 1.4 §4.22): the object stays where it is and is served no more until it is recovered.
struct Archive: ServedOperation {
    let request: ArchiveRequest

    init(_ request: ArchiveRequest) { self.request = request }

    var target: OperationTarget { .object(request.uniqueIdentifier) }

    func perform(in engine: Engine, _ context: OperationContext) async throws(OperationFailure) -> OperationResult {
        let object = try await engine.change(request.uniqueIdentifier, in: context) { (object) throws(OperationFailure) in
            guard !object.isDestroyed else { throw OperationFailure(.permissionDenied, "The object is destroyed") }
            var attributes = object.attributes
            attributes.set(.archiveDate, .dateTime(context.now))
            return object.changed(attributes, now: context.now)
        }
        return OperationResult(object)
    }
}
