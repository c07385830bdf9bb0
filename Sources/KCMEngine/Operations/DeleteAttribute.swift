internal import KMIP

/// Delete Attribute (KMIP 1.4 §4.16).
struct DeleteAttribute: ServedOperation {
    let request: DeleteAttributeRequest

    init(_ request: DeleteAttributeRequest) { self.request = request }

    var target: OperationTarget { .object(request.uniqueIdentifier) }

    func perform(in engine: Engine, _ context: OperationContext) async throws(OperationFailure) -> OperationResult {
        let name = AttributeName(rawValue: request.attributeName)
        let index = request.attributeIndex ?? 0
        return try await engine.changeAttribute(request.uniqueIdentifier, in: context) { (change) throws(OperationFailure) in
            try change.deleting(name, index: index)
        }
    }
}
