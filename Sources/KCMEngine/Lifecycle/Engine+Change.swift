internal import KCMStore
internal import KMIP

extension Engine {
    /// Attempts against concurrent changes of the same object before giving up; a busy key with Usage Limits meets itself often.
    static let attempts = 32

    /// Loads, changes and stores an object; starts over where someone else changed it meanwhile.
    /// - Parameters:
    ///   - sent: the identifier, `nil` for the ID Placeholder.
    ///   - takesArchived: whether an object in archival storage may be changed so.
    ///   - body: makes the changed object, for example with ``KeyObject/changed(_:state:now:)``; runs again for each attempt.
    /// - Throws: the failure of `body`; *Item Not Found*; *Object Archived*; *General Failure* after too many attempts.
    func change(
        _ sent: String?,
        in context: OperationContext,
        takesArchived: Bool = false,
        _ body: (KeyObject) throws(OperationFailure) -> KeyObject
    ) async throws(OperationFailure) -> KeyObject {
        for _ in 1..<Self.attempts {
            let object = try await load(sent, context)
            if !takesArchived { try KeyUse.requireOnLine(object) }
            let changed = try body(object)
            // A name that is added counts, too: nobody moves an object out of, or into, what is not theirs.
            try context.require(changed.objectType, changed.attributes)
            do { return try await repository.replace(object, with: changed, of: context.tenant) } catch {
                guard let error = error as? StoreError, error.code == .conflict else { throw Self.failure(for: error) }
                // A name that is taken stays so; a changed object is read anew.
                if try await isStored(object, context) { throw Self.nameTaken }
                repository.cache.remove(object.uniqueIdentifier)
            }
        }
        throw Self.failure(for: StoreError(.conflict, ""))
    }

    /// Whether the store holds just this snapshot still.
    func isStored(_ object: KeyObject, _ context: OperationContext) async throws(OperationFailure) -> Bool {
        try await guarding { () async throws in
            guard let peek = try await self.repository.peek(object.uniqueIdentifier, of: context.tenant) else { return false }
            return peek.attributesRevision == object.revision && peek.markRevision == nil
        }
    }

    static let nameTaken = OperationFailure(.invalidField, "Another object has this Name already")
}
