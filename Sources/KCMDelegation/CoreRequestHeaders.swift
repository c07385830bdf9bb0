internal import NIOHTTP1

/// What travels with a KMIP message: for whom, for which tenant, in which trace.
struct CoreRequestHeaders: Sendable {
    private var fields: HTTPHeaders = ["content-type": "application/octet-stream"]

    init(clientChain: [[UInt8]]?, tenant: String?, traceparent: String) {
        fields.add(name: "traceparent", value: traceparent)
        if let tenant { fields.add(name: "OpenKCM-Tenant", value: tenant) }
        guard let clientChain, let leaf = clientChain.first else { return }
        fields.add(name: "Client-Cert", value: ByteSequence.field(leaf))
        if clientChain.count > 1 {
            fields.add(name: "Client-Cert-Chain", value: clientChain.dropFirst().map(ByteSequence.field).joined(separator: ", "))
        }
    }

    func head(for endpoint: CoreEndpoint, length: Int) -> HTTPRequestHead {
        var headers = fields
        headers.add(name: "host", value: endpoint.authority)
        headers.add(name: "content-length", value: String(length))
        return HTTPRequestHead(version: .http1_1, method: .POST, uri: endpoint.path, headers: headers)
    }
}
