internal import KCMStore
public import KMIP

extension ObjectRepository {
    /// The same objects, seen through changes that are not stored yet.
    func staged() -> ObjectRepository { ObjectRepository(self, staging: Staging()) }

    /// Stores everything that was staged in one durable commit: all or none.
    /// - Throws: `StoreError` `.conflict` where someone else changed one of the objects, or took a name, meanwhile.
    func commitStaged(of tenant: String) async throws {
        guard let staging else { return }
        let changes = staging.all.map { entry in entry.before.map { .replace($0, with: entry.after) } ?? ObjectChange.create(entry.after) }
        guard !changes.isEmpty else { return }
        try await ObjectRepository(self, staging: nil).apply(changes, of: tenant)
    }

    /// Keeps changes for later, after the checks that a commit would make.
    func stage(_ changes: [ObjectChange], in staging: Staging, of tenant: String) async throws -> [KeyObject] {
        for change in changes {
            let old = change.before.map { Set($0.attributes.all(.name).compactMap(\.value)) } ?? []
            let new = change.after.isDestroyed ? [] : Set(change.after.attributes.all(.name).compactMap(\.value))
            for name in new.subtracting(old) {
                // A name may move among the objects of one change.
                let isGiven = changes.contains { other in
                    other.before?.attributes.all(.name).contains { $0.value == name } == true
                        && !other.after.attributes.all(.name).contains { $0.value == name }
                }
                if isGiven { continue }
                if staging.holder(of: name) != nil { throw Engine.nameTaken }
                if let text = Name(name)?.value, let holder = try await storedHolder(of: text, of: tenant), !staging.hasGivenUp(name, holder) {
                    throw Engine.nameTaken
                }
            }
        }
        return try changes.map { change in
            let after = change.after.with(revision: (change.before?.revision ?? 0) + 1)
            guard staging.put(change, after: after) else { throw StoreError(.conflict, "the object was changed within the batch") }
            return after
        }
    }

    /// Goes through what the store has and the batch left alone, and then through what the batch made or changed.
    func search(_ query: SearchQuery, staging: Staging, level: Level, of tenant: String, visit: (KeyObject) throws -> Bool) async throws {
        var goesOn = true
        let stored = ObjectRepository(self, staging: nil)
        try await stored.search(query, level: level, of: tenant) { object in
            if staging.object(object.uniqueIdentifier) != nil { return true }
            goesOn = try visit(object)
            return goesOn
        }
        for entry in staging.all where goesOn && entry.after.level == level { goesOn = try visit(entry.after) }
    }
}

extension Engine {
    /// An engine whose changes are kept in memory until ``commitStaged(in:)``, and forgotten where that is not called. For one batch,
    /// whose items are done one after the other.
    public func staged() -> Engine { Engine(repository: repository.staged(), rules: rules) }

    /// Stores all changes of a staged engine, durably and in one commit.
    /// - Throws: *General Failure* where another request changed one of the objects meanwhile, or the keystore does not serve; nothing
    ///   is stored then.
    public func commitStaged(in tenant: String) async throws(OperationFailure) {
        try await guarding { () async throws in try await self.repository.commitStaged(of: tenant) }
    }
}
