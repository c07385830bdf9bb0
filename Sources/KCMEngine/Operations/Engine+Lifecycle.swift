internal import KCMStore
internal import KMIP
internal import NIOCore

extension Engine {
    /// Activate (KMIP 1.4 §4.19).
    func activate(
        _ request: ActivateRequest,
        in context: OperationContext
    ) async throws(OperationFailure) -> (payload: ByteBuffer, trace: OperationTrace) {
        let object = try await change(request.uniqueIdentifier, in: context) { (object) throws(OperationFailure) in
            let state = try self.state(after: .activated, object, context.now)
            var attributes = object.attributes
            attributes.set(.activationDate, .dateTime(context.now))
            return object.changed(attributes, state: state, now: context.now)
        }
        return try acknowledge(object)
    }

    /// Revoke (KMIP 1.4 §4.20). Goes on while the sealing key is out of reach: then it leaves a mark.
    func revoke(
        _ request: RevokeRequest,
        in context: OperationContext
    ) async throws(OperationFailure) -> (payload: ByteBuffer, trace: OperationTrace) {
        let reason = request.revocationReason
        guard reason.code.name != nil else { throw OperationFailure(.invalidField, "The Revocation Reason Code is not recognized") }
        let isCompromise = reason.code == .keyCompromise || reason.code == .caCompromise
        if request.compromiseOccurrenceDate != nil, !isCompromise {
            throw OperationFailure(.invalidField, "Compromise Occurrence Date is for the reasons of a compromise only")
        }
        if let marked = try await markWithoutKeys(request.uniqueIdentifier, isCompromise ? .compromised : .deactivated, reason.code, context) {
            return marked
        }
        let object = try await change(request.uniqueIdentifier, in: context) { (object) throws(OperationFailure) in
            let state = try self.state(after: isCompromise ? .compromised : .deactivated, object, context.now)
            var attributes = object.attributes
            var fields: [AttributeValue.Field] = [.init(.revocationReasonCode, .enumeration(reason.code.rawValue))]
            if let message = reason.message { fields.append(.init(.revocationMessage, .text(message))) }
            attributes.set(.revocationReason, .structure(fields))
            if isCompromise {
                attributes.set(.compromiseDate, .dateTime(context.now))
                if let date = request.compromiseOccurrenceDate { attributes.set(.compromiseOccurrenceDate, .dateTime(date)) }
            } else {
                attributes.set(.deactivationDate, .dateTime(context.now))
            }
            return object.changed(attributes, state: state, now: context.now)
        }
        return try acknowledge(object)
    }

    /// Destroy (KMIP 1.4 §4.21): the material is gone once this is answered; attributes stay readable. Goes on while the sealing
    /// key is out of reach.
    func destroy(
        _ request: DestroyRequest,
        in context: OperationContext
    ) async throws(OperationFailure) -> (payload: ByteBuffer, trace: OperationTrace) {
        if let marked = try await markWithoutKeys(request.uniqueIdentifier, .destroyed, .unspecified, context) { return marked }
        let object = try await change(request.uniqueIdentifier, in: context) { (object) throws(OperationFailure) in
            let state = try self.state(after: .destroyed, object, context.now)
            var attributes = object.attributes
            attributes.set(.destroyDate, .dateTime(context.now))
            return object.changed(attributes, state: state, now: context.now)
        }
        return try acknowledge(object)
    }

    // MARK: Shared

    /// Attempts against concurrent changes of the same object before giving up.
    private static let attempts = 8

    /// Loads, changes and stores an object; starts over where someone else changed it meanwhile.
    func change(
        _ sent: String?,
        in context: OperationContext,
        _ body: (KeyObject) throws(OperationFailure) -> KeyObject
    ) async throws(OperationFailure) -> KeyObject {
        for _ in 1..<Self.attempts {
            let object = try await load(sent, context)
            let changed = try body(object)
            do { return try await repository.replace(object, with: changed, of: context.tenant) } catch {
                guard let error = error as? StoreError, error.code == .conflict else { throw Self.failure(for: error) }
                repository.cache.remove(object.uniqueIdentifier, of: context.tenant)
            }
        }
        throw Self.failure(for: StoreError(.conflict, ""))
    }

    private func state(after event: Lifecycle.Event, _ object: KeyObject, _ now: Int64) throws(OperationFailure) -> State {
        do throws(Lifecycle.Refusal) { return try Lifecycle.state(after: event, in: object.state(at: now)) } catch {
            throw Self.failure(error)
        }
    }

    static func failure(_ refusal: Lifecycle.Refusal) -> OperationFailure {
        switch refusal {
        case .notPreActive(let state): OperationFailure(.permissionDenied, "The object is \(state), and only a Pre-Active one can be activated")
        case .alreadyDestroyed: OperationFailure(.permissionDenied, "The object is destroyed")
        case .notInUse(let state): OperationFailure(.illegalOperation, "The object is \(state) already")
        case .active: OperationFailure(.permissionDenied, "The object is Active; revoke it before it is destroyed")
        }
    }

    private func acknowledge(_ object: KeyObject) throws(OperationFailure) -> (payload: ByteBuffer, trace: OperationTrace) {
        try emit { (writer) throws(OperationFailure) in
            writer.text(.uniqueIdentifier, object.uniqueIdentifier)
            return OperationTrace(object)
        }
    }

    /// Revokes or destroys by a mark where the tenant's keys cannot be opened now.
    /// - Returns: `nil` where they can: then the change is made in the record itself.
    private func markWithoutKeys(
        _ sent: String?,
        _ state: State,
        _ reason: RevocationReasonCode,
        _ context: OperationContext
    ) async throws(OperationFailure) -> (payload: ByteBuffer, trace: OperationTrace)? {
        let identifier = try context.identifier(sent)
        if repository.keyring.open(context.tenant) != nil { return nil }
        let peek = try await guarding { () async throws in
            guard let peek = try await self.repository.peek(identifier, of: context.tenant) else { throw Self.notFound }
            return peek
        }
        do throws(OperationFailure) {
            _ = try await repository.keyring.keys(of: context.tenant)
            return nil
        } catch {
            // Out of reach, for whatever reason: taking rights away does not wait for it.
        }
        let event: Lifecycle.Event = state == .destroyed ? .destroyed : state == .compromised ? .compromised : .deactivated
        let after: State
        do throws(Lifecycle.Refusal) { after = try Lifecycle.state(after: event, in: peek.state) } catch { throw Self.failure(error) }
        let mark = Mark(state: after, date: context.now, reason: reason)
        try await guarding { () async throws in
            try await self.repository.put(mark, over: peek, identifier: identifier, of: context.tenant)
        }
        return try emit { (writer) throws(OperationFailure) in
            writer.text(.uniqueIdentifier, identifier)
            return OperationTrace(object: identifier, objectType: ObjectType(rawValue: peek.header.objectType))
        }
    }
}
