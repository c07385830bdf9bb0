internal import KCMCrypto
public import KCMStore
internal import KMIP

/// Objects in a store: sealed on the way in, opened and checked on the way out, found by blinded index, cached while in use.
public final class ObjectRepository: Sendable {
    public let store: any Store
    public let keyring: any SealingKeyring
    let cache: ObjectCache

    /// - Parameter cacheCapacity: the most opened objects to keep in memory.
    public init(store: any Store, keyring: any SealingKeyring, cacheCapacity: Int = 100_000) {
        self.store = store
        self.keyring = keyring
        self.cache = ObjectCache(capacity: cacheCapacity)
    }

    /// An opened object, where it is in memory and its keys are open. Never waits.
    public func cached(_ identifier: String, of tenant: String) -> KeyObject? {
        guard let keys = keyring.open(tenant) else { return nil }
        return cache.object(identifier, of: tenant, openedWith: keys)
    }

    /// Forgets everything opened for a tenant, or for all.
    public func forget(tenant: String) { cache.removeAll(of: tenant) }

    // MARK: Reading

    /// Reads an object.
    /// - Returns: `nil` where the tenant has none of that identifier.
    /// - Throws: `OperationFailure` of the keyring, ``RecordError``, `StoreError`.
    func load(_ identifier: String, of tenant: String) async throws -> KeyObject? {
        if let object = cached(identifier, of: tenant) { return object }
        guard UniqueIdentifier.isWellFormed(identifier) else { return nil }
        let epoch = cache.epoch(for: identifier)
        let entries = try await store.scan(prefix: RecordKey.prefix(of: identifier), after: nil, limit: 4, in: Namespace(tenant))
        guard !entries.isEmpty else { return nil }
        let keys = try await keyring.keys(of: tenant)
        guard var object = try open(entries[...], identifier: identifier, keys: keys) else { return nil }
        if let entry = entries.first(where: { $0.key.last == UInt8(ascii: "m") }) {
            // What was marked while the keys were closed becomes part of the sealed record; index and name follow.
            let before = try open(entries.filter { $0.key.last != UInt8(ascii: "m") }[...], identifier: identifier, keys: keys)
            if let before { object = try await replace(before, with: object, of: tenant, mark: entry.revision) }
            return object
        }
        cache.insert(object, of: tenant, openedWith: keys, ifUnchangedSince: epoch)
        return object
    }

    /// What can be known of an object while its keys are closed: the clear header and the mark.
    func peek(_ identifier: String, of tenant: String) async throws -> Peek? {
        guard UniqueIdentifier.isWellFormed(identifier) else { return nil }
        let entries = try await store.scan(prefix: RecordKey.prefix(of: identifier), after: nil, limit: 4, in: Namespace(tenant))
        guard let entry = entries.first(where: { $0.key.last == UInt8(ascii: "a") }) else { return nil }
        guard let header = SealedRecord.header(of: entry.value) else { throw RecordError.malformed(identifier) }
        let mark = entries.first { $0.key.last == UInt8(ascii: "m") }
        return Peek(header: header, attributesRevision: entry.revision, mark: mark.flatMap { Mark($0.value) }, markRevision: mark?.revision)
    }

    struct Peek {
        let header: SealedRecord.Header
        let attributesRevision: UInt64
        let mark: Mark?
        let markRevision: UInt64?
        var state: State { mark?.state ?? State(rawValue: header.state) }
    }

    // MARK: Marks

    /// Writes a mark; what the object's records hold stays sealed, its material goes where the mark destroys.
    func put(_ mark: Mark, over peek: Peek, identifier: String, of tenant: String) async throws {
        var writes: [StoreWrite] = [
            .put(RecordKey.mark(of: identifier), mark.encoded, expecting: peek.markRevision.map { .revision($0) } ?? .absent)
        ]
        if mark.state == .destroyed || mark.state == .destroyedCompromised { writes.append(.remove(RecordKey.material(of: identifier))) }
        cache.remove(identifier, of: tenant)
        try await store.commit(writes, in: Namespace(tenant))
        cache.remove(identifier, of: tenant)
    }

    /// Opens the records of one object, all of them in `entries`.
    func open(_ entries: ArraySlice<StoredEntry>, identifier: String, keys: TenantKeys) throws -> KeyObject? {
        guard let entry = entries.first(where: { $0.key.last == UInt8(ascii: "a") }) else { return nil }
        guard let header = SealedRecord.header(of: entry.value), header.part == .attributes else { throw RecordError.malformed(identifier) }
        guard header.revision == entry.revision else { throw RecordError.altered(identifier) }
        let attributes = try RecordCoding.attributes(try unseal(entry.value, header, identifier, keys))
        var material: Material?
        if let entry = entries.first(where: { $0.key.last == UInt8(ascii: "k") }) {
            guard var expected = SealedRecord.header(of: entry.value), expected.part == .material else {
                throw RecordError.malformed(identifier)
            }
            let own = expected
            expected.part = .attributes
            // State and revision of both halves move together: a half from another time is an altered record.
            guard expected == header else { throw RecordError.altered(identifier) }
            material = try RecordCoding.material(try unseal(entry.value, own, identifier, keys))
        }
        let object = KeyObject(
            uniqueIdentifier: identifier,
            level: header.level,
            objectType: ObjectType(rawValue: header.objectType),
            attributes: attributes,
            state: State(rawValue: header.state),
            material: material,
            revision: header.revision
        )
        guard let entry = entries.first(where: { $0.key.last == UInt8(ascii: "m") }) else { return object }
        guard let mark = Mark(entry.value) else { throw RecordError.altered(identifier) }
        return try mark.applied(to: object)
    }

    private func unseal(_ record: [UInt8], _ header: SealedRecord.Header, _ identifier: String, _ keys: TenantKeys) throws -> SecretBytes {
        guard let key = keys.key(header.generation) else { throw RecordError.unknownGeneration(identifier, header.generation) }
        do {
            return try SealedRecord.open(record, tenant: keys.tenant, identifier: identifier, key: key)
        } catch let error as CryptoError where error.code == .authentication {
            throw RecordError.altered(identifier)
        }
    }

    // MARK: Writing

    /// Stores a new object and its index entries, durably.
    /// - Returns: the object with revision 1.
    /// - Throws: `StoreError` `.conflict` where the identifier or one of its names is taken.
    func create(_ object: KeyObject, of tenant: String) async throws -> KeyObject {
        let keys = try await keyring.keys(of: tenant)
        let stored = object.with(revision: 1)
        var writes = try recordWrites(stored, keys: keys, expecting: .absent)
        for blinded in try IndexedAttributes.blinded(object.attributes, with: keys) {
            writes.append(.put(RecordKey.index(blinded, object.uniqueIdentifier), []))
        }
        for name in object.attributes.all(.name) {
            guard let value = name.value else { continue }
            let blinded = try IndexedAttributes.blind(.name, value, with: keys)
            writes.append(.put(RecordKey.name(blinded), Array(object.uniqueIdentifier.utf8), expecting: .absent))
        }
        let epoch = cache.epoch(for: object.uniqueIdentifier)
        try await store.commit(writes, in: Namespace(tenant))
        cache.insert(stored, of: tenant, openedWith: keys, ifUnchangedSince: epoch)
        return stored
    }

    /// Stores a changed object, durably.
    /// - Parameters:
    ///   - before: what was loaded; its revision must still be the stored one.
    ///   - after: the same object with other attributes, state or material.
    /// - Throws: `StoreError` `.conflict` where someone else changed it meanwhile.
    @discardableResult
    func replace(_ before: KeyObject, with after: KeyObject, of tenant: String, mark: UInt64? = nil) async throws -> KeyObject {
        let keys = try await keyring.keys(of: tenant)
        let stored = after.with(revision: before.revision + 1)
        var writes = try recordWrites(stored, keys: keys, expecting: .revision(before.revision))
        // Whoever set a mark since this object was read has taken rights away: this change must not bring them back.
        writes.append(.remove(RecordKey.mark(of: after.uniqueIdentifier), expecting: mark.map { .revision($0) } ?? .absent))
        // A destroyed object has given its index entries and names back already; they may be another's by now.
        let old = before.isDestroyed ? [] : try IndexedAttributes.blinded(before.attributes, with: keys)
        let new = after.isDestroyed ? [] : try IndexedAttributes.blinded(after.attributes, with: keys)
        for blinded in old.subtracting(new) { writes.append(.remove(RecordKey.index(blinded, after.uniqueIdentifier))) }
        for blinded in new.subtracting(old) { writes.append(.put(RecordKey.index(blinded, after.uniqueIdentifier), [])) }
        let oldNames = before.isDestroyed ? [] : Set(before.attributes.all(.name).compactMap(\.value))
        let newNames = after.isDestroyed ? [] : Set(after.attributes.all(.name).compactMap(\.value))
        for name in oldNames.subtracting(newNames) {
            writes.append(.remove(RecordKey.name(try IndexedAttributes.blind(.name, name, with: keys))))
        }
        for name in newNames.subtracting(oldNames) {
            let blinded = try IndexedAttributes.blind(.name, name, with: keys)
            writes.append(.put(RecordKey.name(blinded), Array(after.uniqueIdentifier.utf8), expecting: .absent))
        }
        // Out of the cache before the change is visible, so that nobody uses the old snapshot after the answer.
        cache.remove(after.uniqueIdentifier, of: tenant)
        do { try await store.commit(writes, in: Namespace(tenant)) } catch let error as StoreError {
            cache.remove(after.uniqueIdentifier, of: tenant)
            // A commit past its deadline may still land: until it has, nobody may serve from what is read now.
            if error.code == .timedOut { cache.bar(after.uniqueIdentifier, of: tenant) }
            throw error
        }
        cache.remove(after.uniqueIdentifier, of: tenant)
        return stored
    }

    private func recordWrites(_ object: KeyObject, keys: TenantKeys, expecting: StoreWrite.Expectation) throws -> [StoreWrite] {
        guard let key = keys.key(keys.current) else { throw RecordError.unknownGeneration(object.uniqueIdentifier, keys.current) }
        var header = SealedRecord.Header(
            part: .attributes,
            level: object.level,
            objectType: object.objectType.rawValue,
            state: object.storedState.rawValue,
            generation: keys.current,
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
