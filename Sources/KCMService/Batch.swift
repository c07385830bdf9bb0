internal import KCMAccess
internal import KCMAudit
internal import KCMEngine
internal import KMIP
internal import NIOCore

/// One request message on its way through: its items in order, one after the other (KMIP 1.4 §4, §6.13, §6.14).
struct Batch: Sendable {
    let service: KMIPService
    /// One for the whole message.
    let policy: Policy
    let message: RequestMessage
    let caller: Caller
    let trace: TraceContext
    /// What all records of the message have in common.
    let template: AuditRecord

    private var vocabulary: Vocabulary { Vocabulary(message.header.protocolVersion) }

    static func header(for request: RequestHeader) -> ResponseHeader {
        ResponseHeader(protocolVersion: request.protocolVersion, timeStamp: WallClock.now / 1_000_000_000, batchCount: 1)
    }

    /// The header of the answer. A client that correlates gets the name of the message's trace, as the audit log has it (KMIP 1.4).
    var header: ResponseHeader {
        var header = Self.header(for: message.header)
        if message.header.clientCorrelationValue != nil { header.serverCorrelationValue = trace.traceID }
        return header
    }

    /// Answers a message of one item whose object is in memory, writing straight into the response.
    /// - Returns: `nil` where the item has to wait for something; nothing was done then.
    func answerNow(began: Int64) -> Answer? {
        let item = message.items[0]
        // Room that is not used would be wiped for nothing.
        guard item.payload.readableBytes <= Engine.largestPayloadAtOnce else { return nil }
        var writer = TTLVWriter()
        writer.reserve(item.payload.readableBytes + 320)
        let whole = writer.beginStructure(.responseMessage)
        header.encode(to: &writer)
        var record = template
        let start = writer.count
        do throws(OperationFailure) {
            let step = try prepare(item, placeholder: nil, &record)
            guard case .local(let request, let context) = step else { return nil }
            let mark = writer.beginStructure(.batchItem)
            writer.enumeration(.operation, item.operation)
            if let identifier = item.uniqueBatchItemID { writer.bytes(.uniqueBatchItemID, identifier) }
            writer.enumeration(.resultStatus, ResultStatus.success)
            let payload = writer.beginStructure(.responsePayload)
            let done = try InternalFailure.tracing(trace.traceID) { () throws(OperationFailure) in
                try service.mode.engine.performNow(request, in: context, to: &writer)
            }
            guard let done else { return nil }
            try vocabulary.conform(&writer, from: payload, of: item.operation)
            writer.endStructure(payload)
            writer.endStructure(mark)
            record.succeed(done)
        } catch {
            writer.rewind(to: start)
            ResponseBatchItem(item.operation, item.uniqueBatchItemID, failed: error, in: message.header.protocolVersion).encode(to: &writer)
            record.fail(error)
        }
        writer.endStructure(whole)
        record.duration = MonotonicClock.now - began
        if let maximum = message.header.maximumResponseSize, writer.count > Int(maximum) { return tooLarge([record]) }
        return Answer(frame: writer.buffer, audit: [record])
    }

    /// Answers any message.
    func answer(began: Int64) async -> Answer {
        var responses: [ResponseBatchItem] = []
        var records: [AuditRecord] = []
        var placeholder: String?
        var size = 0
        let stops = message.header.batchErrorContinuationOption != .continue
        let undoes = message.header.batchErrorContinuationOption == .undo && message.items.count > 1
        let engine = undoes ? service.mode.engine.staged() : service.mode.engine
        let foreignKeys = DelegatedKeys(batch: self)
        for item in message.items {
            let itemBegan = message.items.count == 1 ? began : MonotonicClock.now
            var record = template
            let response: ResponseBatchItem
            if size > service.limits.message {
                // A small batch of large answers would take memory without bound.
                record.time = WallClock.now
                record.operation = item.operation.description
                record.resultReason = ResultReason.responseTooLarge.description
                response = ResponseBatchItem(item.operation, item.uniqueBatchItemID, failed: Self.tooLarge, in: message.header.protocolVersion)
            } else {
                response = await perform(item, by: engine, with: foreignKeys, &placeholder, &record)
            }
            size += response.payload?.readableBytes ?? 0
            record.duration = MonotonicClock.now - itemBegan
            records.append(record)
            responses.append(response)
            // Stop: the items behind a failed one are not processed and not answered (KMIP 1.4 §6.13).
            if response.resultStatus != .success, stops { break }
        }
        if undoes { await settle(engine, &responses, &records) }
        let frame = ResponseWriter.message(header, items: consume responses)
        if let maximum = message.header.maximumResponseSize, frame.readableBytes > Int(maximum) {
            return tooLarge(records, and: foreignKeys.records)
        }
        return Answer(frame: frame, audit: records + foreignKeys.records)
    }

    private func perform(
        _ item: RequestBatchItem,
        by engine: Engine,
        with foreignKeys: DelegatedKeys,
        _ placeholder: inout String?,
        _ record: inout AuditRecord
    ) async -> ResponseBatchItem {
        do throws(OperationFailure) {
            switch try prepare(item, placeholder: placeholder, &record) {
            case .local(let request, var context):
                context.foreignKeys = foreignKeys
                let result = try await ChangeContext.with(record) { [context] () async throws(OperationFailure) in
                    try await engine.perform(request, in: context)
                }
                let done = result.trace
                let payload = try vocabulary.conform(result.payload, of: item.operation) ?? result.payload
                switch done.placeholder {
                case .kept: break
                case .set(let identifier): placeholder = identifier
                case .cleared: placeholder = nil
                }
                record.succeed(done)
                return ResponseBatchItem(
                    operation: item.operation,
                    uniqueBatchItemID: item.uniqueBatchItemID,
                    resultStatus: .success,
                    payload: payload
                )
            case .delegated:
                record.servedBy = "core"
                // So that what is logged about it is in its trace.
                let response = try await ChangeContext.with(record) { () async throws(OperationFailure) in
                    try await service.mode.delegate(item, delegation(in: message.header.protocolVersion))
                }
                record.resultStatus = response.resultStatus.description
                record.resultReason = response.resultReason?.description ?? ""
                return response
            }
        } catch {
            // KMIP 1.4 §4.10: what follows in the batch is not to use what the check refused.
            if item.operation == .check { placeholder = nil }
            record.fail(error)
            if let rule = error.rule { record.rule = rule }
            return ResponseBatchItem(item.operation, item.uniqueBatchItemID, failed: error, in: message.header.protocolVersion)
        }
    }

    /// What travels with an item that goes on to Core.
    func delegation(in version: ProtocolVersion) -> Delegation {
        Delegation(version: version, clientChain: caller.chain, traceparent: trace.traceparent)
    }

    // MARK: Authorise

    private enum Step {
        case local(any ServedOperation, OperationContext)
        case delegated
    }

    /// Reads an item's payload, finds its level, decides whether it may be done and where. Fills in the record as it learns.
    private func prepare(_ item: RequestBatchItem, placeholder: String?, _ record: inout AuditRecord) throws(OperationFailure) -> Step {
        record.time = WallClock.now
        record.operation = item.operation.description
        guard !item.hasUnknownCriticalExtension else {
            throw OperationFailure(.featureNotSupported, "A critical Message Extension is not known to the server")
        }
        let read: (any ServedOperation)?
        do throws(KMIPError) { read = try service.mode.engine.operations.read(item) } catch {
            throw OperationFailure(.invalidMessage, "The payload of \(item.operation) is not well-formed: \(error.description(in: item))")
        }
        guard let request = read else {
            throw OperationFailure(.operationNotSupported, "The operation \(item.operation) is not served")
        }
        try vocabulary.admit(item.payload, of: item.operation)
        var context = OperationContext(
            tenant: caller.tenant,
            version: message.header.protocolVersion,
            now: record.time / 1_000_000_000,
            placeholder: placeholder,
            level: service.mode.engine.rules.homeLevel
        )
        context.requiresActive = caller.isSealing
        guard let level = try level(of: request.target, context, &record) else {
            _ = try authorise(item.operation, nil, &record)
            return .local(request, context)
        }
        context.level = level
        record.level = level.name
        let route = service.mode.route(item.operation, level: level)
        if case .refused(let failure) = route {
            record.rule = "level-separation"
            throw failure
        }
        context.restriction = try authorise(item.operation, level, &record)
        if case .delegated = route {
            // Type and names are known at Core alone: a restriction that cannot be checked here is not taken to be met.
            guard context.restriction == nil else { throw ObjectRestriction.refusal }
            return .delegated
        }
        return .local(request, context)
    }

    /// `nil` for operations on the server itself.
    private func level(
        of target: OperationTarget,
        _ context: OperationContext,
        _ record: inout AuditRecord
    ) throws(OperationFailure) -> Level? {
        let asked: String?
        switch target {
        case .server: return nil
        case .object(let sent):
            guard let identifier = sent ?? context.placeholder else { return context.level }
            // As asked for, but no more of it than an identifier has: a client is not to fill the log.
            record.object = UniqueIdentifier.isWellFormed(identifier) ? identifier : String(decoding: identifier.utf8.prefix(64), as: UTF8.self)
            return UniqueIdentifier.level(of: identifier) ?? context.level
        case .new(let level, let type):
            record.objectType = type.description
            asked = level
        case .search(let level): asked = level
        }
        guard let asked else { return context.level }
        guard let level = Level(name: asked) else {
            throw OperationFailure(.invalidField, "The attribute \(AttributeName.level) is one of L2, L3 and L4")
        }
        return level
    }

    /// Both have to be allowed: the client, and the edge that passed its request on (design §4).
    /// - Returns: what the object has to be; `nil` where any will do.
    @discardableResult
    func authorise(_ operation: KMIP.Operation, _ level: Level?, _ record: inout AuditRecord) throws(OperationFailure) -> ObjectRestriction? {
        let level: Policy.Level? =
            switch level {
            case .l2: .l2
            case .l3: .l3
            case .l4: .l4
            case nil: nil
            }
        let scope: Policy.Scope = service.mode.name == "edge" ? .edge : caller.via == nil ? .coreDirect : .corePropagated
        let decision = policy.decide(caller.principal.roles, operation, level: level, in: scope)
        record.rule = decision.rule
        guard decision.isAllowed else {
            throw OperationFailure(.permissionDenied, "The roles of the client do not allow \(operation) on objects of this level")
        }
        guard let via = caller.via else { return decision.restrictions.isEmpty ? nil : ObjectRestriction(decision.permits) }
        let edge = policy.decide(via.roles, operation, level: level, in: .coreDirect)
        guard edge.isAllowed else {
            record.rule = edge.rule
            throw OperationFailure(.permissionDenied, "The roles of the edge do not allow \(operation)")
        }
        guard !decision.restrictions.isEmpty || !edge.restrictions.isEmpty else { return nil }
        return ObjectRestriction { type, names in decision.permits(type: type, names: names) && edge.permits(type: type, names: names) }
    }

    /// The client takes no response of that size: every item is answered as failed (KMIP 1.4 §6.3).
    private func tooLarge(_ records: [AuditRecord], and more: [AuditRecord] = []) -> Answer {
        // The records stay as they are: what was done was done, whether or not its answer could be sent.
        let items = message.items.prefix(records.count).map {
            ResponseBatchItem($0.operation, $0.uniqueBatchItemID, failed: Self.tooLarge, in: message.header.protocolVersion)
        }
        return Answer(frame: ResponseWriter.message(header, items: items), audit: records + more)
    }

    static let tooLarge = OperationFailure(.responseTooLarge, "The response is larger than the client or the server takes")
}

extension AuditRecord {
    /// The item failed. Where the rule that allowed the operation does not reach the object, the record says so.
    fileprivate mutating func fail(_ failure: OperationFailure) {
        resultReason = failure.reason.description
        if failure == ObjectRestriction.refusal { rule += ": object out of reach" }
    }

    /// The item was done.
    fileprivate mutating func succeed(_ trace: OperationTrace) {
        resultStatus = ResultStatus.success.description
        resultReason = ""
        if !trace.object.isEmpty { object = trace.object }
        if let type = trace.objectType { objectType = type.description }
    }
}
