internal import KCMStore
internal import KMIP

extension Engine {
    /// Stores what an operation makes and changes, in one commit; starts over where an object was changed meanwhile.
    /// - Parameter prepare: loads the objects, and says what becomes of them; runs again for each attempt.
    /// - Returns: the objects with their new revisions, in the order of the changes.
    /// - Throws: the failure of `prepare`; *Invalid Field* where a name is taken; *General Failure* after too many attempts.
    func commit(
        in context: OperationContext,
        _ prepare: () async throws(OperationFailure) -> [ObjectChange]
    ) async throws(OperationFailure) -> [KeyObject] {
        for _ in 1..<Self.attempts {
            let changes = try await prepare()
            do { return try await repository.apply(changes, of: context.tenant) } catch {
                guard let error = error as? StoreError, error.code == .conflict else { throw Self.failure(for: error) }
                var isCurrent = true
                for before in changes.compactMap(\.before) where try await !isStored(before, context) {
                    isCurrent = false
                    repository.cache.remove(before.uniqueIdentifier)
                }
                // Nothing was changed by others, so it is a name that is taken, and stays so.
                if isCurrent { throw Self.nameTaken }
            }
        }
        throw Self.failure(for: StoreError(.conflict, ""))
    }
}
