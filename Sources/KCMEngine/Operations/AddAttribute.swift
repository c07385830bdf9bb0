internal import KMIP

/// Add Attribute (KMIP 1.4 §4.14).
struct AddAttribute: ServedOperation {
    let request: AddAttributeRequest

    init(_ request: AddAttributeRequest) { self.request = request }

    var target: OperationTarget { .object(request.uniqueIdentifier) }

    func perform(in engine: Engine, _ context: OperationContext) async throws(OperationFailure) -> OperationResult {
        guard request.attribute.index == nil else { throw OperationFailure(.invalidField, "Attribute Index is the server's to give") }
        guard let value = request.attribute.value else { throw OperationFailure(.invalidField, "The attribute has no value") }
        let name = request.attribute.name
        return try await engine.changeAttribute(request.uniqueIdentifier, in: context) { (change) throws(OperationFailure) in
            try change.adding(name, value)
        }
    }
}
