internal import KMIP

/// Query (KMIP 1.4 §4.25): only what is really served here.
struct Query: ServerOperation {
    let request: QueryRequest

    init(_ request: QueryRequest) { self.request = request }

    func perform(in engine: Engine, _ context: OperationContext, to writer: inout TTLVWriter) throws(OperationFailure) -> OperationTrace {
        var response = QueryResponse()
        for function in request.queryFunctions {
            switch function {
            case .queryOperations:
                response.operations = engine.operations.operations.filter { ($0.since ?? .v1_0) <= context.version }
            case .queryObjects: response.objectTypes = [.symmetricKey, .secretData, .opaqueObject]
            case .queryServerInformation: response.vendorIdentification = engine.rules.vendorIdentification
            default: break
            }
        }
        response.encode(to: &writer)
        return OperationTrace()
    }
}
