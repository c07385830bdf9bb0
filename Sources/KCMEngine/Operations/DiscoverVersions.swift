internal import KMIP

/// Discover Versions (KMIP 1.4 §4.26): what both sides speak, in the server's order of preference.
struct DiscoverVersions: ServerOperation {
    let request: DiscoverVersionsRequest

    init(_ request: DiscoverVersionsRequest) { self.request = request }

    func perform(in engine: Engine, _ context: OperationContext, to writer: inout TTLVWriter) throws(OperationFailure) -> OperationTrace {
        let asked = request.protocolVersions
        DiscoverVersionsResponse(protocolVersions: Engine.versions.filter { asked.isEmpty || asked.contains($0) }).encode(to: &writer)
        return OperationTrace()
    }
}
