internal import KMIP

extension Engine {
    /// The versions served, best first.
    static let versions: [ProtocolVersion] = [.v1_4, .v1_3, .v1_2, .v1_1, .v1_0]

    /// Query (KMIP 1.4 §4.25): only what is really served here.
    func query(_ request: QueryRequest, in context: OperationContext, to writer: inout TTLVWriter) -> OperationTrace {
        var response = QueryResponse()
        for function in request.queryFunctions {
            switch function {
            case .queryOperations:
                response.operations = OperationRequest.served.filter { ($0.since ?? .v1_0) <= context.version }
            case .queryObjects: response.objectTypes = [.symmetricKey, .secretData, .opaqueObject]
            case .queryServerInformation: response.vendorIdentification = rules.vendorIdentification
            default: break
            }
        }
        response.encode(to: &writer)
        return OperationTrace()
    }

    /// Discover Versions (KMIP 1.4 §4.26): what both sides speak, in the server's order of preference.
    func discoverVersions(_ request: DiscoverVersionsRequest, to writer: inout TTLVWriter) -> OperationTrace {
        let asked = request.protocolVersions
        DiscoverVersionsResponse(protocolVersions: Self.versions.filter { asked.isEmpty || asked.contains($0) }).encode(to: &writer)
        return OperationTrace()
    }
}
