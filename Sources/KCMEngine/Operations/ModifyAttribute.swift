internal import KMIP

/// Modify Attribute (KMIP 1.4 §4.15).
struct ModifyAttribute: ServedOperation {
    let request: ModifyAttributeRequest

    init(_ request: ModifyAttributeRequest) { self.request = request }

    var target: OperationTarget { .object(request.uniqueIdentifier) }

    func perform(in engine: Engine, _ context: OperationContext) async throws(OperationFailure) -> OperationResult {
        guard let value = request.attribute.value else { throw OperationFailure(.invalidField, "The attribute has no value") }
        let name = request.attribute.name
        let index = request.attribute.index ?? 0
        return try await engine.changeAttribute(request.uniqueIdentifier, in: context) { (change) throws(OperationFailure) in
            try change.modifying(name, index: index, value)
        }
    }
}
