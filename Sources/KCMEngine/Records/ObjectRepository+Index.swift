internal import KCMStore
internal import KMIP

extension ObjectRepository {
    /// The index entries that a change adds and takes away: one for each indexed value of the object, and one for its class.
    /// - Returns: no two writes of one key.
    /// - Throws: `CryptoError`.
    func indexWrites(_ changes: [ObjectChange], in index: TenantIndex, keys: TenantKeys) throws -> [StoreWrite] {
        var writes: [StoreWrite] = []
        var classes: Set<[UInt8]> = []
        for change in changes {
            let identifier = change.after.uniqueIdentifier
            // A destroyed object has given its index entries and names back already; they may be another's by now.
            let before = change.before.flatMap { $0.isDestroyed ? nil : $0 }
            let after = change.after.isDestroyed ? nil : change.after
            var old = try before.map { try IndexedAttributes.blinded($0.attributes, with: keys) } ?? []
            var new = try after.map { try IndexedAttributes.blinded($0.attributes, with: keys) } ?? []
            let stays = before.map(IndexClass.init) == after.map(IndexClass.init)
            if let before, !stays { old.formUnion(try index.formerPlaces(before, with: keys)) }
            if let after, !stays {
                let place = try index.place(after, with: keys)
                new.insert(place.identifier)
                if let write = place.newClass, classes.insert(write.key).inserted { writes.append(write) }
            }
            for blinded in old.subtracting(new) { writes.append(.remove(RecordKey.index(blinded, identifier))) }
            for blinded in new.subtracting(old) { writes.append(.put(RecordKey.index(blinded, identifier), [])) }
        }
        if let write = index.wholenessWrite { writes.append(write) }
        return writes
    }

    /// All entries of an object that a store of before may lack. What an entry says is checked against the object whenever it is used, so
    /// one that comes late does no harm.
    private func missingWrites(_ object: KeyObject, isMarked: Bool, in index: TenantIndex, keys: TenantKeys) throws -> [StoreWrite] {
        if object.isDestroyed {
            guard object.level != .l4 else { return [] }
            let names = Set(object.attributes.all(.name).compactMap(\.value))
            return try names.map { .put(RecordKey.formerName(try IndexedAttributes.blind(.name, $0, with: keys)), []) }
        }
        let place = try index.place(object, with: keys)
        var entries = try IndexedAttributes.blinded(object.attributes, with: keys)
        entries.insert(place.identifier)
        var writes: [StoreWrite] = entries.map { .put(RecordKey.index($0, object.uniqueIdentifier), []) }
        if let write = place.newClass { writes.append(write) }
        if isMarked { writes.append(.put(RecordKey.marked(object.uniqueIdentifier), [])) }
        return writes
    }

    /// Goes through all objects of a tenant whose index is not whole, in the order of their identifiers, and makes it whole where it comes
    /// to the end: the last walk over a store that an earlier version wrote.
    /// - Parameter visit: gets the objects that open, destroyed ones too, without their material; ends the walk with false.
    /// - Throws: ``RecordError``, `StoreError`, what `visit` throws.
    func walk(keys: TenantKeys, visit: (KeyObject) throws -> Bool) async throws {
        let index = try await directory.index(for: keys, in: store)
        var completion = IndexCompletion(limit: store.limits.maximumBatch)
        var after: [UInt8]?
        var pending: [StoredEntry] = []
        while true {
            try Task.checkCancellation()
            let page = try await store.scan(prefix: RecordKey.objects, after: after, limit: Self.walkPageSize, in: Namespace(keys.tenant))
            let isLast = page.count < Self.walkPageSize
            pending.append(contentsOf: page)
            after = page.last?.key
            // The records of one object lie side by side; the last object of a page may go on in the next.
            var start = 0
            while start < pending.count {
                guard let identifier = RecordKey.parse(pending[start].key)?.identifier else { start += 1; continue }
                var end = start + 1
                while end < pending.count, RecordKey.parse(pending[end].key)?.identifier == identifier { end += 1 }
                if end == pending.count, !isLast { break }
                let entries = pending[start..<end]
                start = end
                let found: KeyObject?
                do { found = try open(entries, identifier: identifier, keys: keys, withMaterial: false) } catch is GenerationRefused {
                    // Nothing is known of it, and it must not hide the others.
                    completion.isWhole = false
                    continue
                }
                guard let found else { continue }
                if completion.goesOn {
                    let isMarked = entries.contains { $0.key.last == UInt8(ascii: "m") }
                    completion.add(try missingWrites(found, isMarked: isMarked, in: index, keys: keys))
                }
                if try !visit(found) { return }
            }
            pending.removeFirst(start)
            while let writes = completion.take(all: isLast) { await complete(writes, &completion, index, keys.tenant) }
            guard isLast else { continue }
            if completion.goesOn, completion.isWhole {
                index.becameWhole()
                if let write = index.wholenessWrite { await complete([write], &completion, index, keys.tenant) }
            }
            return
        }
    }

    private static let walkPageSize = 64

    /// A store that takes nothing more still answers searches.
    private func complete(_ writes: [StoreWrite], _ completion: inout IndexCompletion, _ index: TenantIndex, _ tenant: String) async {
        do {
            try await store.commit(writes, in: Namespace(tenant))
            index.stored(writes)
        } catch {
            InternalFailure.report(error)
            completion.goesOn = false
        }
    }
}

/// Entries that are still to be written while a walk makes an index whole.
private struct IndexCompletion {
    /// False once the store took no more.
    var goesOn = true
    /// No object was passed over.
    var isWhole = true
    private let limit: Int
    private var writes: [[UInt8]: StoreWrite] = [:]

    init(limit: Int) { self.limit = min(limit, 1024) }

    mutating func add(_ more: [StoreWrite]) {
        for write in more { writes[write.key] = write }
    }

    /// As many as fit in one commit; `nil` where that is not full yet and not `all` are wanted.
    mutating func take(all: Bool) -> [StoreWrite]? {
        guard goesOn, writes.count >= limit || (all && !writes.isEmpty) else { return nil }
        let taken = Array(writes.values.prefix(limit))
        for write in taken { writes[write.key] = nil }
        return taken
    }
}
