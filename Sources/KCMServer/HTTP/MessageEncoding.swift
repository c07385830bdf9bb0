internal import KMIPText
internal import NIOCore
internal import NIOPosix

/// How the body of a `POST /kmip` writes its message, and the answer's too: by the request's Content-Type (KMIP 1.4 HTTPS profile).
///
/// XML and JSON become TTLV before anything else looks at them, so they pass the same service as TTLV does.
struct MessageEncoding: Sendable, Hashable {
    private enum Form { case ttlv, xml, json }

    private let form: Form
    /// The media type that the request named; the answer bears it as well.
    let contentType: String

    static let ttlv = MessageEncoding(form: .ttlv, contentType: "application/octet-stream")
    static let all = [
        ttlv, MessageEncoding(form: .xml, contentType: "text/xml"), MessageEncoding(form: .xml, contentType: "application/xml"),
        MessageEncoding(form: .json, contentType: "application/json"),
    ]

    private init(form: Form, contentType: String) {
        self.form = form
        self.contentType = contentType
    }

    /// - Parameter header: a Content-Type header with its parameters, if any; nil where there was none.
    /// - Returns: nil for a media type that is not served.
    init?(header: String?) {
        let type = header?.split(separator: ";").first.map { $0.trimmingSpaces.lowercased() }
        guard let known = Self.all.first(where: { $0.contentType == type }) else { return nil }
        self = known
    }

    var isText: Bool { form != .ttlv }

    /// A body as TTLV. What stands inside a TTLV body is not looked at.
    /// - Parameter limit: of the message, in bytes, in either form.
    func decode(_ body: ByteBuffer, limit: Int) throws(KMIPTextError) -> ByteBuffer {
        switch form {
        case .ttlv:
            guard body.readableBytes >= 8, let length = body.getInteger(at: body.readerIndex + 4, as: UInt32.self),
                Int(length) == body.readableBytes - 8
            else { throw KMIPTextError(.structure, "the body is not one TTLV item of the length that it states") }
            return body
        case .xml: return try XMLMessage.decode(body, limits: TextLimits(bytes: limit))
        case .json: return try JSONMessage.decode(body, limits: TextLimits(bytes: limit))
        }
    }

    /// A TTLV message as a body.
    func encode(_ frame: ByteBuffer) throws(KMIPTextError) -> ByteBuffer {
        switch form {
        case .ttlv: frame
        case .xml: try XMLMessage.encode(frame)
        case .json: try JSONMessage.encode(frame)
        }
    }

    /// Up to this many bytes are transcoded on the event loop: that takes well under a millisecond, and about as long as the hop to a
    /// thread and back for the few kilobytes that messages usually have. What is larger would hold up the other connections.
    private static let inlineSize = 32 << 10

    /// Transcodes on the event loop or, where that would take long, on a thread of its own.
    /// - Parameters:
    ///   - size: of what is transcoded, in bytes.
    ///   - then: called on `loop`, within the call for small messages.
    static func transcode(
        size: Int,
        on loop: any EventLoop,
        _ work: @escaping @Sendable () throws(KMIPTextError) -> ByteBuffer,
        then: @escaping (Result<ByteBuffer, KMIPTextError>) -> Void
    ) {
        let result = { @Sendable () -> Result<ByteBuffer, KMIPTextError> in
            do throws(KMIPTextError) { return .success(try work()) } catch { return .failure(error) }
        }
        guard size > inlineSize else { return then(result()) }
        NIOThreadPool.singleton.runIfActive(eventLoop: loop, result).assumeIsolated().whenComplete { outcome in
            then((try? outcome.get()) ?? .failure(.stopping))
        }
    }
}

extension KMIPTextError {
    /// The threads that transcode have stopped, with the process.
    fileprivate static var stopping: KMIPTextError { KMIPTextError(.limit, "the server stops") }
}
