internal import KCMCrypto
public import KCMStore
internal import KMIP

/// Objects in a store: sealed on the way in, opened and checked on the way out, found by blinded index, cached while in use.
public final class ObjectRepository: Sendable {
    public let store: any Store
    public let keyring: any SealingKeyring
    let cache: ObjectCache
    /// What the index consists of.
    let directory: IndexDirectory
    /// What is being worked on in parts with objects that were opened; goes when they go.
    let streams: StreamTable
    /// Where changes go that are not stored yet; `nil` where they are stored at once.
    let staging: Staging?

    /// - Parameter cacheLimits: what is kept of opened objects in memory.
    public init(store: any Store, keyring: any SealingKeyring, cacheLimits: CacheLimits = CacheLimits(), streamLimits: StreamLimits = StreamLimits())
    {
        self.store = store
        self.keyring = keyring
        self.cache = ObjectCache(limits: cacheLimits)
        directory = IndexDirectory()
        streams = StreamTable(limits: streamLimits)
        staging = nil
    }

    /// The same objects, seen through changes that are not stored yet, or no longer so.
    init(_ other: ObjectRepository, staging: Staging?) {
        store = other.store
        keyring = other.keyring
        cache = other.cache
        directory = other.directory
        streams = other.streams
        self.staging = staging
    }

    /// An opened object, where it is in memory and its keys are open. Never waits.
    public func cached(_ identifier: String, of tenant: String) -> KeyObject? {
        guard let keys = keyring.open(tenant) else { return nil }
        if let object = staging?.object(identifier) { return object }
        return cache.object(identifier, openedWith: keys)
    }

    /// Forgets everything opened for a tenant, or for all.
    public func forget(tenant: String) {
        cache.removeAll(of: tenant)
        streams.removeAll(of: tenant)
    }

    /// Lets go of opened objects that take about so many bytes of locked memory, for whoever has none left.
    /// - Returns: whether there were any. Any thread; waits for look-ups only.
    public func reclaim(_ bytes: Int) -> Bool { cache.reclaim(bytes) }

    /// What is kept of opened objects, and what was.
    public var cacheStatistics: CacheStatistics { cache.statistics }

    // MARK: Reading

    /// Reads an object.
    /// - Returns: `nil` where the tenant has none of that identifier.
    /// - Throws: `OperationFailure` of the keyring, ``RecordError``, `StoreError`.
    func load(_ identifier: String, of tenant: String) async throws -> KeyObject? {
        if let object = cached(identifier, of: tenant) { return object }
        guard UniqueIdentifier.isWellFormed(identifier) else { return nil }
        if let object = staging?.object(identifier) {
            _ = try await keyring.keys(of: tenant)
            return object
        }
        let epoch = cache.beginReading(identifier)
        let entries = try await store.scan(prefix: RecordKey.prefix(of: identifier), after: nil, limit: 4, in: Namespace(tenant))
        guard !entries.isEmpty else { return nil }
        let keys = try await keyring.keys(of: tenant)
        guard var object = try open(entries[...], identifier: identifier, keys: keys) else { return nil }
        if let entry = entries.first(where: { $0.key.last == UInt8(ascii: "m") }) {
            // What was marked while the keys were closed becomes part of the sealed record; index and name follow.
            let before = try open(entries.filter { $0.key.last != UInt8(ascii: "m") }[...], identifier: identifier, keys: keys)
            if let before { object = try await replaceNow(before, with: object, of: tenant, mark: entry.revision) }
            return object
        }
        cache.insert(object, openedWith: keys, ifUnchangedSince: epoch)
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
        // Which class it is in now is sealed: a search looks at every object with a mark.
        writes.append(.put(RecordKey.marked(identifier), []))
        directory.noteMark(of: tenant)
        cache.remove(identifier)
        do { try await store.commit(writes, in: Namespace(tenant)) } catch {
            forget(identifier, after: error)
            throw error
        }
        cache.remove(identifier)
        streams.remove(identifier, of: tenant)
    }

    /// Forgets an object whose change was not stored as far as is known.
    func forget(_ identifier: String, after error: any Error) {
        // A commit past its deadline may still land: until it has, nobody may serve from what is read now.
        if let error = error as? StoreError, error.code == .timedOut { cache.bar(identifier) } else { cache.remove(identifier) }
    }

    /// Opens the records of one object, all of them in `entries`.
    /// - Parameter withMaterial: false where the attributes are all that is asked for; the object has no material then, and must not be
    ///   kept or changed.
    func open(_ entries: ArraySlice<StoredEntry>, identifier: String, keys: TenantKeys, withMaterial: Bool = true) throws -> KeyObject? {
        guard let entry = entries.first(where: { $0.key.last == UInt8(ascii: "a") }) else { return nil }
        guard let header = SealedRecord.header(of: entry.value), header.part == .attributes else { throw RecordError.malformed(identifier) }
        guard header.revision == entry.revision else { throw RecordError.altered(identifier) }
        let attributes = try RecordCoding.attributes(try unseal(entry.value, header, identifier, keys))
        var material: Material?
        if withMaterial, let entry = entries.first(where: { $0.key.last == UInt8(ascii: "k") }) {
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
        guard let key = keys.key(header.generation) else {
            guard let reason = keys.refusal(of: header.generation) else { throw RecordError.unknownGeneration(identifier, header.generation) }
            throw GenerationRefused(identifier: identifier, generation: header.generation, reason: reason)
        }
        do {
            return try SealedRecord.open(record, tenant: keys.tenant, identifier: identifier, key: key)
        } catch let error as CryptoError where error.code == .authentication {
            throw RecordError.altered(identifier)
        }
    }
}
