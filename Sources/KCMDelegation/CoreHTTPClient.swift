internal import AsyncHTTPClient
internal import Glibc
public import KCMEdge
public import NIOCore
internal import NIOHTTP1
public import NIOPosix
internal import NIOSSL

/// Edge's way to Core: KMIP in `POST` over HTTPS with Edge's own certificate, over kept-alive connections, with failover in the
/// order of the URLs.
public final class CoreHTTPClient: CoreService {
    /// The largest answer taken, in bytes.
    private static let maximumAnswer = 16 << 20

    private let client: HTTPClient
    private let urls: [String]
    private let timeout: TimeAmount

    /// - Parameters:
    ///   - urls: Core's `https://…/kmip`, best first; at least one.
    ///   - certificateFile: Edge's certificate as a client, PEM.
    ///   - trustFile: the anchors of Core's certificate, PEM; the name in the URL is verified too.
    /// - Throws: where a file cannot be used.
    public init(
        urls: [String],
        certificateFile: String,
        keyFile: String,
        trustFile: String,
        timeout: Duration,
        group: MultiThreadedEventLoopGroup
    ) throws {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        tls.trustRoots = .file(trustFile)
        tls.certificateChain = try NIOSSLCertificate.fromPEMFile(certificateFile).map { .certificate($0) }
        tls.privateKey = .privateKey(try NIOSSLPrivateKey(file: keyFile, format: .pem))
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls, redirectConfiguration: .disallow)
        configuration.timeout = .init(connect: TimeAmount(timeout), read: TimeAmount(timeout))
        configuration.connectionPool = .init(idleTimeout: .seconds(60), concurrentHTTP1ConnectionsPerHostSoftLimit: 16)
        configuration.httpVersion = .http1Only
        // A Core that cannot be connected to is told at once, and the next URL is asked.
        configuration.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: configuration)
        self.urls = urls
        self.timeout = TimeAmount(timeout)
    }

    public func send(
        _ frame: ByteBuffer,
        clientChain: [[UInt8]]?,
        tenant: String?,
        traceparent: String
    ) async throws(CoreFailure) -> ByteBuffer {
        var last = CoreFailure(.unreachable, "no URL of Core is configured")
        for url in urls {
            do throws(Attempt) {
                return try await send(frame, to: url, clientChain, tenant, traceparent)
            } catch {
                last = error.failure
                // A request that may have been taken is not sent to another Core: it would be done and audited twice.
                if error.mayHaveBeenTaken { throw last }
            }
        }
        throw last
    }

    /// One attempt that failed.
    private struct Attempt: Error {
        let failure: CoreFailure
        /// False only where no connection came to be.
        let mayHaveBeenTaken: Bool
    }

    private func send(
        _ frame: ByteBuffer,
        to url: String,
        _ clientChain: [[UInt8]]?,
        _ tenant: String?,
        _ traceparent: String
    ) async throws(Attempt) -> ByteBuffer {
        var request = HTTPClientRequest(url: url)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/octet-stream")
        request.headers.add(name: "traceparent", value: traceparent)
        if let tenant { request.headers.add(name: "OpenKCM-Tenant", value: tenant) }
        if let clientChain, let leaf = clientChain.first {
            request.headers.add(name: "Client-Cert", value: ByteSequence.field(leaf))
            if clientChain.count > 1 {
                request.headers.add(name: "Client-Cert-Chain", value: clientChain.dropFirst().map(ByteSequence.field).joined(separator: ", "))
            }
        }
        request.body = .bytes(frame)
        do {
            let response = try await client.execute(request, timeout: timeout)
            guard response.status == .ok, response.headers.first(name: "content-type") == "application/octet-stream" else {
                throw CoreFailure(.badAnswer, "Core at \(url) answered with HTTP status \(response.status.code)")
            }
            return try await response.body.collect(upTo: Self.maximumAnswer)
        } catch { throw Attempt(failure: Self.failure(error, url), mayHaveBeenTaken: !Self.isBeforeSending(error)) }
    }

    /// Errors of making a connection, TLS included.
    private static func isBeforeSending(_ error: any Error) -> Bool {
        if error is NIOConnectionError || error is NIOSSLExtraError || error is BoringSSLError { return true }
        if let error = error as? IOError { return [ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, ETIMEDOUT].contains(error.errnoCode) }
        if let error = error as? HTTPClientError { return [.connectTimeout, .getConnectionFromPoolTimeout].contains(error) }
        return "\(error)".contains("handshakeFailed")
    }

    private static func failure(_ error: any Error, _ url: String) -> CoreFailure {
        if let failure = error as? CoreFailure { return failure }
        let text = "\(error)"
        if let error = error as? HTTPClientError {
            if [.deadlineExceeded, .readTimeout, .getConnectionFromPoolTimeout].contains(error) {
                return CoreFailure(.timedOut, "Core at \(url) did not answer in time")
            }
            if error == .connectTimeout { return CoreFailure(.unreachable, "Core at \(url) cannot be reached: the connection timed out") }
        }
        let isTrust = error is NIOSSLExtraError || error is BoringSSLError || text.contains("CERTIFICATE_VERIFY_FAILED") || text.contains("handshakeFailed")
        if isTrust { return CoreFailure(.untrusted, "Core at \(url) is not trusted, or does not trust this edge: \(text)") }
        return CoreFailure(.unreachable, "Core at \(url) cannot be reached: \(text)")
    }

    /// Closes the connections.
    public func close() async { try? await client.shutdown() }
}

/// A byte sequence of RFC 8941: `:base64:`.
enum ByteSequence {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func field(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = [UInt8(ascii: ":")]
        text.reserveCapacity(bytes.count / 3 * 4 + 8)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let word = group.enumerated().reduce(UInt32(0)) { $0 | UInt32($1.element) << (16 - 8 * UInt32($1.offset)) }
            for position in 0..<4 {
                text.append(position <= group.count ? alphabet[Int(word >> (18 - 6 * UInt32(position)) & 63)] : UInt8(ascii: "="))
            }
        }
        text.append(UInt8(ascii: ":"))
        return String(decoding: text, as: UTF8.self)
    }
}
