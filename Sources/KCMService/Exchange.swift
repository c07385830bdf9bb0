public import KCMAccess
public import KCMAudit
public import NIOCore

/// What a transport knows of the other end: made once a connection, after the handshake.
public struct Peer: Sendable {
    /// The principal of the verified certificate; `nil` where no mapping rule fits it (then each request is answered
    /// with *Authentication Not Successful*).
    public let principal: Principal?
    /// What the certificate says, mapped or not.
    public let certificate: CertificateIdentity
    /// The verified chain as DER, leaf first, without the anchor: what Edge passes on to Core.
    public let chain: [[UInt8]]
    /// `127.0.0.1:40212`
    public let remoteAddress: String
    public let transport: Transport
    /// Why a certificate that was good when the connection was made is not any more; `nil` while it is.
    public let refusal: String?
    /// What records say of it.
    let actor: AuditRecord.Actor
    /// What the principal's tenant may still ask for; `nil` where there is no limit.
    public let allowance: TenantAllowance?

    /// The same peer, after its certificate was refused: it has no principal.
    public init(refused peer: Peer, _ reason: String) {
        principal = nil
        certificate = peer.certificate
        chain = peer.chain
        remoteAddress = peer.remoteAddress
        transport = peer.transport
        refusal = reason
        actor = AuditRecord.Actor(peer.certificate)
        allowance = nil
    }

    public init(
        principal: Principal?,
        certificate: CertificateIdentity,
        chain: [[UInt8]],
        remoteAddress: String,
        transport: Transport,
        allowance: TenantAllowance? = nil
    ) {
        self.principal = principal
        self.certificate = certificate
        self.chain = chain
        self.remoteAddress = remoteAddress
        self.transport = transport
        self.allowance = allowance
        refusal = nil
        actor = principal.map { AuditRecord.Actor($0, tenant: $0.tenant) } ?? AuditRecord.Actor(certificate)
    }

    /// How the peer is connected.
    public enum Transport: String, Sendable {
        /// TTLV over TLS over TCP.
        case kmip
        /// `POST /kmip`.
        case https
    }
}

/// One KMIP request message as it came from a transport.
public struct Exchange: Sendable {
    /// A whole TTLV frame: the reader index is at its first byte and nothing follows it.
    public var frame: ByteBuffer
    /// The request's `traceparent` header (W3C Trace Context), as sent; `nil` on TCP.
    public var traceparent: String?
    /// The chain of RFC 9440's `Client-Cert` and `Client-Cert-Chain`, DER, leaf first; `nil` where the headers were absent.
    public var propagatedChain: [[UInt8]]?
    /// `OpenKCM-Tenant`: the tenant an edge acts for when it acts for itself (sealing); `nil` where absent.
    public var actingTenant: String?

    public init(frame: ByteBuffer, traceparent: String? = nil, propagatedChain: [[UInt8]]? = nil, actingTenant: String? = nil) {
        self.frame = frame
        self.traceparent = traceparent
        self.propagatedChain = propagatedChain
        self.actingTenant = actingTenant
    }
}

/// The answer to an ``Exchange``. The transport appends `audit` to the log *before* it writes `frame`; where that fails it
/// writes ``refusal`` in its place.
public struct Answer: Sendable {
    /// A whole TTLV response message, to leave in one write; empty where there is nothing to say and the connection closes.
    public var frame: ByteBuffer
    /// One record for each batch item, and one for each use of a key of Core that an item made.
    public var audit: [AuditRecord]
    /// The transport closes the connection after the write: framing was lost.
    public var closes: Bool
    /// The answer leaves at once, and the transport takes the connection's next request a little later: who asks for more than is
    /// allowed is not to take the time that others need by asking all the faster.
    public var pauses = false

    public init(frame: ByteBuffer, audit: [AuditRecord], closes: Bool = false) {
        self.frame = frame
        self.audit = audit
        self.closes = closes
    }
}

/// How a responder hands over its answer.
public enum Reply: Sendable {
    /// Done within the call, on the caller's event loop.
    case now(Answer)
    /// Needs a store, Core or a long computation: run the closure in a task and write what it returns. It does not throw.
    case later(@Sendable () async -> Answer)
}

/// What a transport drives. The daemon's service is one; a test's echo another.
public protocol Responder: Sendable {
    /// Answers one request. Called on the connection's event loop; never blocks. A transport calls it for the next request
    /// of a connection only when the answer before has been written.
    func respond(to exchange: Exchange, from peer: Peer) -> Reply

    /// The answer while the audit log cannot be written: nothing is done, every item fails (*General Failure*), and each leaves a
    /// record, whose success tells the transport that the log is back. Never blocks.
    func refuse(unaudited exchange: Exchange, from peer: Peer) -> Answer

    /// The answer where a frame cannot be taken: too large, or malformed before it was whole. Never blocks.
    /// - Parameter text: what was wrong, for the client's Result Message.
    func refuse(malformed text: String, from peer: Peer) -> Answer

    /// Counts what a connection of the peer receives of messages that are not whole.
    func unfinishedBytes(of peer: Peer) -> UnfinishedBytes

    /// The answer where a limit on bytes is in the way of the rest of a message, which is thrown away. Never blocks.
    func refuse(unfinished refusal: LoadRefusal, from peer: Peer) -> Answer

    /// What the principal's tenant may still ask for, to be kept with its connection: ``Peer/allowance``. `nil` where there is no limit.
    func allowance(of principal: Principal) -> TenantAllowance?
}

extension Responder {
    /// No limit.
    public func unfinishedBytes(of peer: Peer) -> UnfinishedBytes { UnfinishedBytes() }

    /// Never comes to be asked, where nothing is counted.
    public func refuse(unfinished refusal: LoadRefusal, from peer: Peer) -> Answer { refuse(malformed: refusal.rawValue, from: peer) }

    /// No limit.
    public func allowance(of principal: Principal) -> TenantAllowance? { nil }
}
