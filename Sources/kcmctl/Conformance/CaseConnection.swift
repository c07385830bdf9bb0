internal import KMIPClient
internal import KMIPConformance
internal import KMIPText
internal import NIOCore
internal import NIOPosix

/// A connection for the messages of a case. They are TTLV on this side, whatever travels.
enum CaseConnection {
    case ttlv(KMIPConnection)
    case https(KMIPHTTPClient, CaseCodec)

    static func open(_ transport: CaseTransport, _ target: KmipSession.Target, _ configuration: KMIPClientConfiguration) async throws
        -> CaseConnection
    {
        guard let codec = CaseCodec(transport) else {
            return .ttlv(try await KMIPConnection.connect(host: target.host, port: target.port, configuration: configuration, group: .singleton))
        }
        return .https(try KMIPHTTPClient(host: target.host, port: target.port, configuration: configuration, group: .singleton), codec)
    }

    /// Sends a request and waits for its response.
    /// - Throws: `KMIPClientError`, and what the codec throws.
    func exchange(_ message: ByteBuffer) async throws -> ByteBuffer {
        switch self {
        case .ttlv(let connection): try await connection.send(message)
        case .https(let client, let codec):
            try codec.decode(try await client.post(try codec.encode(message), contentType: codec.contentType))
        }
    }

    func close() async {
        switch self {
        case .ttlv(let connection): await connection.close()
        case .https(let client, _): await client.close()
        }
    }
}

/// What travels in a POST, and how it is made of TTLV.
struct CaseCodec {
    let contentType: String
    let encode: (ByteBuffer) throws -> ByteBuffer
    let decode: (ByteBuffer) throws -> ByteBuffer

    /// Nil for TTLV over TLS, which has no POST.
    init?(_ transport: CaseTransport) {
        switch transport {
        case .ttlv: return nil
        case .httpsTTLV:
            contentType = "application/octet-stream"
            encode = { $0 }
            decode = { $0 }
        case .httpsXML:
            contentType = "text/xml"
            encode = { try XMLMessage.encode($0) }
            decode = { try XMLMessage.decode($0) }
        case .httpsJSON:
            contentType = "application/json"
            encode = { try JSONMessage.encode($0) }
            decode = { try JSONMessage.decode($0) }
        }
    }
}
