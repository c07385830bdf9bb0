internal import KMIP

extension Engine {
    /// Revokes or destroys by a mark where the tenant's keys cannot be opened now, or that of the object's generation stays shut.
    /// - Returns: `nil` where they can: then the change is made in the record itself.
    func markWithoutKeys(
        _ sent: String?,
        _ state: State,
        _ reason: RevocationReasonCode,
        _ context: OperationContext
    ) async throws(OperationFailure) -> OperationResult? {
        let identifier = try context.identifier(sent)
        // A mark cannot be undone: a staged change waits for the keys, as any other does.
        if repository.staging != nil { return nil }
        let keys = repository.keyring.open(context.tenant)
        if let keys, !keys.hasRefusals { return nil }
        let peek = try await guarding { () async throws in
            guard let peek = try await self.repository.peek(identifier, of: context.tenant) else { throw Self.notFound }
            return peek
        }
        // Names are sealed, so what is restricted by them cannot be decided here; it waits for the keys. What fits without a name fits
        // with any.
        let needsNames = context.restriction.map { !$0.permits(ObjectType(rawValue: peek.header.objectType), AttributeSet()) } ?? false
        do throws(OperationFailure) {
            let keys = try await repository.keyring.keys(of: context.tenant)
            if keys.refusal(of: peek.header.generation) == nil { return nil }
            if needsNames { return nil }
        } catch {
            // Out of reach, for whatever reason: taking rights away does not wait for it.
            if needsNames { throw Self.namesAreShut(error) }
        }
        let event: Lifecycle.Event = state == .destroyed ? .destroyed : state == .compromised ? .compromised : .deactivated
        let after: State
        do throws(Lifecycle.Refusal) { after = try Lifecycle.state(after: event, in: peek.state) } catch { throw error.failure }
        let mark = Mark(state: after, date: context.now, reason: reason)
        try await guarding { () async throws in
            try await self.repository.put(mark, over: peek, identifier: identifier, of: context.tenant)
        }
        return try OperationResult { (writer) throws(OperationFailure) in
            writer.text(.uniqueIdentifier, identifier)
            return OperationTrace(object: identifier, objectType: ObjectType(rawValue: peek.header.objectType))
        }
    }

    /// Says to a client whose roles reach objects by name why it cannot even take rights away.
    private static func namesAreShut(_ cause: OperationFailure) -> OperationFailure {
        OperationFailure(
            cause.reason,
            "\(cause.message). The roles of the client reach objects by their names, which cannot be read until then",
            rule: cause.rule
        )
    }
}
