internal import ArgumentParser
internal import KCMSettings
internal import KMIP
internal import KMIPClient
internal import NIOCore
internal import NIOPosix

/// One connection of the command-line client.
struct KmipSession {
    /// The server said no: printed, and exit code 1.
    struct Refused: Error {
        let item: ResponseBatchItem
    }

    let connection: KMIPConnection
    let version: ProtocolVersion

    /// Connects as the options say, hands the session to `body`, prints what it returns, and turns failures into exit codes.
    static func run(_ options: ServerOptions, _ body: (KmipSession) async throws -> KmipResult) async throws {
        let (target, configuration, version) = try target(options)
        do {
            let session = try await connect(target, configuration, version)
            let result = try await body(session)
            await session.connection.close()
            Output.say(options.json ? result.json.text : result.lines)
        } catch let refused as Refused {
            let item = refused.item
            let reason = item.resultReason?.description ?? "GeneralFailure"
            if options.json {
                let fields: [(String, JSONText)] = [
                    ("status", .string(item.resultStatus.description)), ("reason", .string(reason)),
                    ("message", .string(item.resultMessage ?? "")),
                ]
                Output.say(JSONText.object(fields).text)
            } else {
                Output.complain("kcmctl: \(reason): \(item.resultMessage ?? "")")
            }
            throw ExitCode(1)
        } catch let error as KMIPClientError { throw ended(error.kind == .files ? 2 : 3, "\(error)") } catch let error as KMIPError {
            throw ended(3, "the server's answer is not well-formed: \(error)")
        }
    }

    /// Asks for one operation.
    func ask<Response: ResponsePayload>(_ request: some RequestPayload, for: Response.Type = Response.self) async throws -> Response {
        let answer = try await connection.send(RequestMessage(request, version: version).frame)
        let message = try ResponseMessage(frame: answer)
        guard let item = message.items.first else { throw ended(3, "the server's answer has no batch item") }
        guard item.resultStatus == .success else { throw Refused(item: item) }
        var reader = TTLVReader(items: item.payload ?? ByteBuffer())
        return try Response(from: &reader)
    }

    /// Where a server is.
    struct Target: Sendable {
        let host: String
        let port: Int
    }

    static func connect(
        _ target: Target,
        _ configuration: KMIPClientConfiguration,
        _ version: ProtocolVersion,
        group: MultiThreadedEventLoopGroup = .singleton
    ) async throws(KMIPClientError) -> KmipSession {
        let connection = try await KMIPConnection.connect(host: target.host, port: target.port, configuration: configuration, group: group)
        return KmipSession(connection: connection, version: version)
    }

    /// What the options say, or how they have to be.
    /// - Parameter https: take the port for `POST /kmip` from a configuration, in place of that for KMIP over TLS.
    static func target(_ options: ServerOptions, https: Bool = false) throws -> (Target, KMIPClientConfiguration, ProtocolVersion) {
        let (host, port) = try address(options, https: https)
        guard let identity = options.identity else {
            throw ValidationError("--identity is missing: the client's certificate and key, without .pem and .key")
        }
        guard let trust = options.trust else { throw ValidationError("--trust is missing: the anchors of the server's certificate") }
        let configuration = KMIPClientConfiguration(certificateFile: identity + ".pem", keyFile: identity + ".key", trustFile: trust)
        return (Target(host: host, port: port), configuration, try version(options.version))
    }

    private static func address(_ options: ServerOptions, https: Bool) throws -> (String, Int) {
        if let server = options.server { return try hostAndPort(server) }
        guard let config = options.config else { throw ValidationError("--server or --config is missing") }
        do {
            let settings = try Settings.load(path: config, environment: [:])
            guard let endpoint = https ? settings.listen.https : settings.listen.kmip else {
                throw ValidationError("\(config) has no listen.\(https ? "https" : "kmip")")
            }
            return (endpoint.address, endpoint.port)
        } catch let error as SettingsErrors { throw ended(2, "\(error)") }
    }

    /// `HOST:PORT`; an IPv6 address may stand in brackets.
    private static func hostAndPort(_ server: String) throws -> (String, Int) {
        guard let colon = server.lastIndex(of: ":"), let port = Int(server[server.index(after: colon)...]), (1...65_535).contains(port) else {
            throw ValidationError("--server is HOST:PORT")
        }
        let host = server[..<colon]
        guard !host.isEmpty else { throw ValidationError("--server is HOST:PORT") }
        return (String(host.hasPrefix("[") && host.hasSuffix("]") ? host.dropFirst().dropLast() : host), port)
    }

    private static func version(_ text: String) throws -> ProtocolVersion {
        let known: [ProtocolVersion] = [.v1_0, .v1_1, .v1_2, .v1_3, .v1_4]
        guard let version = known.first(where: { $0.description == text }) else { throw ValidationError("--protocol is 1.0, 1.1, 1.2, 1.3 or 1.4") }
        return version
    }
}

/// What an operation gave, for people and for programs.
struct KmipResult {
    var fields: [(String, JSONText)] = []
    var lines = ""

    init(_ fields: [(String, JSONText)], lines: String) {
        self.fields = fields
        self.lines = lines
    }

    var json: JSONText { .object([("status", .string("Success"))] + fields) }
}
