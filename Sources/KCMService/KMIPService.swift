public import KCMAccess
internal import KCMAudit
public import KCMEngine
internal import KMIP
internal import NIOCore
internal import Synchronization

/// Answers KMIP request messages: version, batch rules, and for each item authorise → execute → audit, in this one place.
///
/// Every item leaves a record, refused ones included; records start as failed and become a success last.
public final class KMIPService: Responder {
    /// Bounds on what one message may ask.
    public struct Limits: Sendable {
        /// Items in a batch.
        public var batch: Int
        /// Bytes in a message, as the transports enforce it.
        public var message: Int
        /// On requests under way, and on each tenant.
        public var load: LoadControl.Limits
        public init(batch: Int = 1000, message: Int = 8 << 20, load: LoadControl.Limits = .init()) {
            self.batch = batch
            self.message = message
            self.load = load
        }
    }

    /// Verifies a chain that an edge passed on, as strictly as a direct one.
    /// - Returns: the principal, or why there is none.
    public typealias PropagatedChainVerifier = @Sendable (_ chain: [[UInt8]]) -> Result<Principal, PropagationRefusal>

    /// Why a propagated chain gives no principal; the text is for log and client.
    public struct PropagationRefusal: Error, Sendable {
        public let text: String
        public init(_ text: String) { self.text = text }
    }

    let mode: any KeyMode
    private let currentPolicy: Mutex<Policy>
    let limits: Limits
    /// What is under way, and what each tenant may ask for.
    public let load: LoadControl
    private let verifyPropagated: PropagatedChainVerifier?

    /// - Parameter verifyPropagated: `nil` where this daemon takes no `Client-Cert` header (Edge).
    public init(mode: any KeyMode, policy: Policy = Policy(), limits: Limits = Limits(), verifyPropagated: PropagatedChainVerifier? = nil) {
        self.mode = mode
        currentPolicy = Mutex(policy)
        self.limits = limits
        load = LoadControl(limits.load)
        self.verifyPropagated = verifyPropagated
    }

    /// What decides from the next message on; a message that is under way keeps the policy that it began with. The lock is held for the
    /// copy of one reference.
    public var policy: Policy {
        get { currentPolicy.withLock { $0 } }
        set { currentPolicy.withLock { $0 = newValue } }
    }

    public func respond(to exchange: Exchange, from peer: Peer) -> Reply {
        let began = MonotonicClock.now
        let message: RequestMessage
        do throws(KMIPError) { message = try RequestMessage(frame: exchange.frame, maximumItems: limits.batch) } catch {
            // A header of another major version may hold what this codec does not know.
            if let version = RequestMessage.version(of: exchange.frame), !Self.versions.contains(version) {
                return .now(refuse(exchange, peer, Self.unsupported(version)))
            }
            let text = "The message is not well-formed: \(error.description(in: exchange.frame))"
            return .now(refuse(exchange, peer, OperationFailure(.invalidMessage, text)))
        }
        guard Self.versions.contains(message.header.protocolVersion) else {
            return .now(refuse(exchange, peer, Self.unsupported(message.header.protocolVersion)))
        }
        let trace = TraceContext.continuing(exchange.traceparent)
        var template = AuditRecord()
        template.traceID = trace.traceID
        template.remoteAddress = peer.remoteAddress
        template.transport = peer.transport.rawValue
        template.protocolVersion = message.header.protocolVersion.description

        let caller: Caller
        do throws(OperationFailure) { caller = try self.caller(exchange, peer, &template) } catch {
            return .now(failAll(message, with: error, template: template, began: began))
        }
        if let failure = Self.refusal(of: message.header) {
            return .now(failAll(message, with: failure, template: template, began: began))
        }
        if let allowance = allowance(of: caller, peer), !allowance.take(message.items.count, now: began) {
            return .now(shed(message, .tenantRate, of: caller.tenant, template: template, began: began))
        }
        let batch = Batch(service: self, policy: policy, message: message, caller: caller, trace: trace, template: template)
        if message.items.count == 1, let answer = batch.answerNow(began: began) { return .now(answer) }
        let (tenant, bytes, load) = (caller.tenant, exchange.frame.readableBytes, load)
        if let refusal = load.enter(tenant: tenant, bytes: bytes) {
            return .now(shed(message, refusal, of: tenant, template: template, began: began))
        }
        return .later {
            let answer = await batch.answer(began: began)
            load.leave(tenant: tenant, bytes: bytes)
            return answer
        }
    }

    public func allowance(of principal: Principal) -> TenantAllowance? { load.allowance(of: principal.tenant) }

    public func refuse(malformed text: String, from peer: Peer) -> Answer {
        var answer = refuse(nil, peer, OperationFailure(.invalidMessage, text))
        answer.closes = true
        return answer
    }

    public func unfinishedBytes(of peer: Peer) -> UnfinishedBytes { UnfinishedBytes(load, tenant: peer.principal?.tenant ?? "") }

    public func refuse(unfinished refusal: LoadRefusal, from peer: Peer) -> Answer {
        let tenant = peer.principal?.tenant ?? ""
        let isRecorded = load.note(refusal, of: tenant, items: 1) > 0
        var answer = answer(nil, peer, load.failure(for: refusal, of: tenant), isRecorded: isRecorded)
        answer.pauses = true
        return answer
    }

    public func refuse(unaudited exchange: Exchange, from peer: Peer) -> Answer {
        let failure = OperationFailure(.generalFailure, "The audit log cannot be written; the server serves nothing until it can")
        guard let message = try? RequestMessage(frame: exchange.frame, maximumItems: limits.batch),
            Self.versions.contains(message.header.protocolVersion)
        else { return refuse(exchange, peer, failure) }
        var template = AuditRecord()
        template.traceID = TraceContext.continuing(exchange.traceparent).traceID
        template.actor = peer.actor
        template.remoteAddress = peer.remoteAddress
        template.transport = peer.transport.rawValue
        template.protocolVersion = message.header.protocolVersion.description
        template.rule = "audit-required"
        return failAll(message, with: failure, template: template, began: MonotonicClock.now)
    }

    // MARK: Load

    /// What an edge passes on counts for its client's tenant; what it asks for itself, to seal, for nobody's: that is bounded by the
    /// leases, and a tenant that floods is not to lose its sealing keys by it.
    private func allowance(of caller: Caller, _ peer: Peer) -> TenantAllowance? {
        if caller.isSealing { return nil }
        if caller.via == nil { return peer.allowance }
        return load.hasTenantRate ? load.allowance(of: caller.tenant) : nil
    }

    /// Answers at once that nothing is done; of many such answers only some leave records of their own.
    private func shed(_ message: RequestMessage, _ refusal: LoadRefusal, of tenant: String, template: AuditRecord, began: Int64) -> Answer {
        let recorded = load.note(refusal, of: tenant, items: message.items.count)
        var template = template
        template.rule = refusal.rawValue
        var answer = failAll(message, with: load.failure(for: refusal, of: tenant), template: template, began: began, recording: recorded)
        answer.pauses = true
        return answer
    }

    // MARK: Who asks

    private static let versions: [ProtocolVersion] = [.v1_4, .v1_3, .v1_2, .v1_1, .v1_0]

    private static func unsupported(_ version: ProtocolVersion) -> OperationFailure {
        let served = versions.reversed().map(\.description).joined(separator: ", ")
        return OperationFailure(.invalidMessage, "Protocol Version \(version) is not served; these are: \(served)")
    }

    private func caller(_ exchange: Exchange, _ peer: Peer, _ record: inout AuditRecord) throws(OperationFailure) -> Caller {
        record.actor = peer.actor
        if let refusal = peer.refusal {
            record.rule = "certificate"
            throw OperationFailure(.authenticationNotSuccessful, "The client certificate is not accepted any more: \(refusal)")
        }
        guard let principal = peer.principal else {
            throw OperationFailure(.authenticationNotSuccessful, "No identity rule of the server maps the client certificate")
        }
        let isEdge = principal.roles.contains(.edge)
        guard exchange.propagatedChain == nil && exchange.actingTenant == nil || (isEdge && verifyPropagated != nil) else {
            record.rule = "headers-from-edges-only"
            throw OperationFailure(.permissionDenied, "Only an edge may send Client-Cert or OpenKCM-Tenant")
        }
        if let chain = exchange.propagatedChain, let verifyPropagated {
            guard exchange.actingTenant == nil else {
                throw OperationFailure(.permissionDenied, "Client-Cert and OpenKCM-Tenant exclude one another")
            }
            record.via = record.actor
            record.actor = nil
            let client: Principal
            switch verifyPropagated(chain) {
            case .success(let verified): client = verified
            case .failure(let refusal):
                throw OperationFailure(.authenticationNotSuccessful, "The propagated client certificate is refused: \(refusal.text)")
            }
            record.actor = AuditRecord.Actor(client, tenant: client.tenant)
            try checkAssignment(principal, client.tenant, &record)
            return Caller(principal: client, via: principal, tenant: client.tenant, isSealing: false, chain: chain)
        }
        if let tenant = exchange.actingTenant {
            guard IdentityMap.isWellFormed(tenant) else { throw OperationFailure(.permissionDenied, "OpenKCM-Tenant is not a tenant's name") }
            try checkAssignment(principal, tenant, &record)
            record.actor = record.actor?.acting(for: tenant)
            return Caller(principal: principal, via: nil, tenant: tenant, isSealing: true, chain: peer.chain)
        }
        return Caller(principal: principal, via: nil, tenant: principal.tenant, isSealing: false, chain: peer.chain)
    }

    private func checkAssignment(_ edge: Principal, _ tenant: String, _ record: inout AuditRecord) throws(OperationFailure) {
        guard edge.assignedTenants.contains(tenant) else {
            record.rule = "edge-assignment"
            throw OperationFailure(.permissionDenied, "This edge is not assigned to the tenant")
        }
    }

    /// What a header asks that is refused before anything is done.
    private static func refusal(of header: RequestHeader) -> OperationFailure? {
        if header.asynchronousIndicator == true {
            return OperationFailure(.featureNotSupported, "Asynchronous operations are not served")
        }
        return nil
    }

    // MARK: Refusals of whole messages

    /// One failed item for a message whose items cannot be told apart. It counts for its tenant like any other.
    private func refuse(_ exchange: Exchange?, _ peer: Peer, _ failure: OperationFailure) -> Answer {
        var failure = failure
        var (isRecorded, isRefused) = (true, false)
        if let tenant = peer.principal?.tenant, let allowance = peer.allowance, !allowance.take(1, now: MonotonicClock.now) {
            failure = load.failure(for: .tenantRate, of: tenant)
            isRecorded = load.note(.tenantRate, of: tenant, items: 1) > 0
            isRefused = true
        }
        var answer = answer(exchange, peer, failure, isRecorded: isRecorded)
        answer.pauses = isRefused
        return answer
    }

    private func answer(_ exchange: Exchange?, _ peer: Peer, _ failure: OperationFailure, isRecorded: Bool) -> Answer {
        let asked = exchange.flatMap { RequestMessage.version(of: $0.frame) } ?? .v1_4
        let version = Self.versions.contains(asked) ? asked : .v1_4
        var record = AuditRecord()
        record.time = WallClock.now
        record.traceID = TraceContext.continuing(exchange?.traceparent).traceID
        record.actor = peer.actor
        record.remoteAddress = peer.remoteAddress
        record.transport = peer.transport.rawValue
        record.protocolVersion = asked.description
        record.resultReason = failure.reason.description
        if let rule = failure.rule { record.rule = rule }
        let header = ResponseHeader(protocolVersion: version, timeStamp: record.time / 1_000_000_000, batchCount: 1)
        let frame = ResponseWriter.message(header, items: [ResponseBatchItem(nil, nil, failed: failure, in: version)])
        return Answer(frame: frame, audit: isRecorded ? [record] : [])
    }

    /// Every item of a message failed alike.
    /// - Parameter recorded: so many of them leave a record.
    private func failAll(
        _ message: RequestMessage,
        with failure: OperationFailure,
        template: AuditRecord,
        began: Int64,
        recording recorded: Int = .max
    ) -> Answer {
        var records: [AuditRecord] = []
        var items: [ResponseBatchItem] = []
        for item in message.items {
            if records.count < recorded {
                var record = template
                record.time = WallClock.now
                record.operation = item.operation.description
                record.resultReason = failure.reason.description
                record.duration = MonotonicClock.now - began
                records.append(record)
            }
            items.append(ResponseBatchItem(item.operation, item.uniqueBatchItemID, failed: failure, in: message.header.protocolVersion))
        }
        return Answer(frame: ResponseWriter.message(Batch.header(for: message.header), items: items), audit: records)
    }
}
