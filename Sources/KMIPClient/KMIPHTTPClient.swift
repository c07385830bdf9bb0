internal import AsyncHTTPClient
public import NIOCore
internal import NIOHTTP1
public import NIOPosix

/// KMIP in `POST /kmip` over HTTPS (KMIP HTTPS profile), in any encoding, over one kept-alive connection.
public final class KMIPHTTPClient: Sendable {
    /// Far above any message a server sends.
    private static let maximumAnswer = 64 << 20

    private let client: HTTPClient
    private let url: String
    private let timeout: TimeAmount

    /// - Parameters:
    ///   - host: a DNS name or an IP address; the server's certificate has to be for it.
    ///   - group: where the connection lives.
    /// - Throws: ``KMIPClientError`` `.files`. Nothing is connected yet.
    public init(host: String, port: Int, configuration: KMIPClientConfiguration, group: MultiThreadedEventLoopGroup) throws(KMIPClientError) {
        timeout = TimeAmount(configuration.timeout)
        var settings = HTTPClient.Configuration(tlsConfiguration: try configuration.tlsConfiguration(), redirectConfiguration: .disallow)
        settings.timeout = .init(connect: timeout, read: timeout)
        settings.httpVersion = .http1Only
        settings.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: settings)
        url = "https://\(host.contains(":") ? "[\(host)]" : host):\(port)/kmip"
    }

    /// Posts one request and waits for its response.
    /// - Parameter contentType: of the request; the response has to have it too.
    public func post(_ body: ByteBuffer, contentType: String) async throws(KMIPClientError) -> ByteBuffer {
        var request = HTTPClientRequest(url: url)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: contentType)
        request.body = .bytes(body)
        do {
            let response = try await client.execute(request, timeout: timeout)
            guard response.status == .ok else { throw KMIPClientError(.malformed, "\(url) answered with HTTP status \(response.status.code)") }
            let type = response.headers.first(name: "content-type")?.split(separator: ";").first.map(String.init)
            guard type == contentType else { throw KMIPClientError(.malformed, "\(url) answered with the content type \(type ?? "of nothing")") }
            return try await response.body.collect(upTo: Self.maximumAnswer)
        } catch let error as KMIPClientError { throw error } catch let error as HTTPClientError
            where [.deadlineExceeded, .readTimeout, .getConnectionFromPoolTimeout].contains(error)
        { throw KMIPClientError(.timedOut, "\(url) did not answer in time") } catch {
            throw KMIPClientError(.refused, "cannot reach \(url): \(error)")
        }
    }

    /// Closes the connection. Has to be called before the client goes away.
    public func close() async { try? await client.shutdown() }
}
