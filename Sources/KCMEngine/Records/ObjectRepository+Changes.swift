internal import KCMStore
internal import KMIP

/// One object's part in a change of several.
enum ObjectChange {
    /// A new object, of revision 0.
    case create(KeyObject)
    /// What was loaded, whose revision must still be the stored one, and the same object with other attributes, state or material.
    case replace(KeyObject, with: KeyObject)

    var before: KeyObject? { if case .replace(let before, _) = self { before } else { nil } }
    var after: KeyObject {
        switch self {
        case .create(let after), .replace(_, let after): after
        }
    }
}

extension ObjectRepository {
    /// Stores a new object and its index entries, durably.
    /// - Returns: the object with revision 1.
    /// - Throws: `StoreError` `.conflict` where the identifier or one of its names is taken.
    func create(_ object: KeyObject, of tenant: String) async throws -> KeyObject {
        try await apply([.create(object)], of: tenant)[0]
    }

    /// Stores a changed object, durably.
    /// - Throws: `StoreError` `.conflict` where someone else changed it meanwhile, or one of its new names is taken.
    @discardableResult
    func replace(_ before: KeyObject, with after: KeyObject, of tenant: String) async throws -> KeyObject {
        try await apply([.replace(before, with: after)], of: tenant)[0]
    }

    /// The same with the mark that goes with the change, by its revision; also where changes are staged, since the mark is no part of
    /// the batch.
    func replaceNow(_ before: KeyObject, with after: KeyObject, of tenant: String, mark: UInt64) async throws -> KeyObject {
        try await commit([.replace(before, with: after)], of: tenant, mark: mark)[0]
    }

    /// Stores new and changed objects with their index entries in one durable commit: all or none. A name may move from one of the
    /// objects to another.
    /// - Parameter changes: each object at most once.
    /// - Returns: the objects with their new revisions, in the same order.
    /// - Throws: `StoreError` `.conflict` where one was changed meanwhile, or a name is another object's.
    @discardableResult
    func apply(_ changes: [ObjectChange], of tenant: String) async throws -> [KeyObject] {
        if let staging { return try await stage(changes, in: staging, of: tenant) }
        return try await commit(changes, of: tenant, mark: nil)
    }

    private func commit(_ changes: [ObjectChange], of tenant: String, mark: UInt64?) async throws -> [KeyObject] {
        let keys = try await keyring.keys(of: tenant)
        let index = try await directory.index(for: keys, in: store)
        var writes: [StoreWrite] = []
        var stored: [KeyObject] = []
        for change in changes {
            let after = change.after.with(revision: (change.before?.revision ?? 0) + 1)
            stored.append(after)
            writes += try recordWrites(after, keys: keys, expecting: change.before.map { .revision($0.revision) } ?? .absent)
            if change.before != nil {
                // Whoever set a mark since this object was read has taken rights away: this change must not bring them back.
                writes.append(.remove(RecordKey.mark(of: after.uniqueIdentifier), expecting: mark.map { .revision($0) } ?? .absent))
                if mark != nil { writes.append(.remove(RecordKey.marked(after.uniqueIdentifier))) }
            }
        }
        writes += try indexWrites(changes, in: index, keys: keys)
        writes += try nameWrites(changes, keys: keys)
        // Out of the cache before the change is visible, so that nobody uses the old snapshot after the answer.
        for change in changes where change.before != nil { cache.remove(change.after.uniqueIdentifier) }
        let epochs = stored.map { cache.epoch(for: $0.uniqueIdentifier) }
        do { try await store.commit(writes, in: Namespace(tenant)) } catch {
            for change in changes where change.before != nil { forget(change.after.uniqueIdentifier, after: error) }
            throw error
        }
        index.stored(writes)
        for (index, change) in changes.enumerated() {
            // What the next request would read and open again.
            cache.settle(stored[index], openedWith: keys, ifUnchangedSince: epochs[index])
            // A key that is revoked or destroyed stops what it is in the middle of.
            if let before = change.before, before.storedState != change.after.storedState {
                streams.remove(change.after.uniqueIdentifier, of: tenant)
            }
        }
        return stored
    }

    /// Who holds which name: one write a name, also where it moves between two of the objects. A name that is given back is remembered
    /// (``RecordKey/formerName(_:)``), but for data keys, whose names nobody asks after.
    private func nameWrites(_ changes: [ObjectChange], keys: TenantKeys) throws -> [StoreWrite] {
        var given: Set<AttributeValue> = []
        var taken: [AttributeValue: String] = [:]
        for change in changes {
            let old = change.before.map { $0.isDestroyed ? [] : Set($0.attributes.all(.name).compactMap(\.value)) } ?? []
            let new = change.after.isDestroyed ? [] : Set(change.after.attributes.all(.name).compactMap(\.value))
            given.formUnion(old.subtracting(new))
            for name in new.subtracting(old) {
                guard taken.updateValue(change.after.uniqueIdentifier, forKey: name) == nil else {
                    throw StoreError(.conflict, "two objects of one change have the same name")
                }
            }
        }
        var writes: [StoreWrite] = []
        for (name, holder) in taken {
            // A name that moves is held by an object of this very commit, whose revision is expected there.
            let expectation: StoreWrite.Expectation = given.contains(name) ? .any : .absent
            writes.append(.put(RecordKey.name(try IndexedAttributes.blind(.name, name, with: keys)), Array(holder.utf8), expecting: expectation))
        }
        let remembers = changes.contains { $0.after.level != .l4 }
        for name in given where taken[name] == nil {
            let blinded = try IndexedAttributes.blind(.name, name, with: keys)
            writes.append(.remove(RecordKey.name(blinded)))
            if remembers { writes.append(.put(RecordKey.formerName(blinded), [])) }
        }
        return writes
    }

    private func recordWrites(_ object: KeyObject, keys: TenantKeys, expecting: StoreWrite.Expectation) throws -> [StoreWrite] {
        guard let (generation, key) = keys.sealing else { throw RecordError.unknownGeneration(object.uniqueIdentifier, keys.current) }
        var header = SealedRecord.Header(
            part: .attributes,
            level: object.level,
            objectType: object.objectType.rawValue,
            state: object.storedState.rawValue,
            generation: generation,
            revision: object.revision
        )
        let identifier = object.uniqueIdentifier
        let attributes = try RecordCoding.encode(object.attributes)
        var writes: [StoreWrite] = [
            .put(
                RecordKey.attributes(of: identifier),
                try SealedRecord.seal(attributes, header: header, tenant: keys.tenant, identifier: identifier, key: key),
                expecting: expecting
            )
        ]
        if let material = object.material {
            header.part = .material
            let body = try RecordCoding.encode(material)
            let record = try SealedRecord.seal(body, header: header, tenant: keys.tenant, identifier: identifier, key: key)
            writes.append(.put(RecordKey.material(of: identifier), record, expecting: expecting))
        } else {
            writes.append(.remove(RecordKey.material(of: identifier)))
        }
        return writes
    }
}
