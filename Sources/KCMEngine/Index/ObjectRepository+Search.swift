internal import KCMStore
internal import KMIP

extension ObjectRepository {
    /// Goes through the objects that may match, in the order of their identifiers, until `visit` returns false.
    ///
    /// A name leads to the one object that holds it. Otherwise the lists of the index for the attributes, and for the classes that the
    /// search allows, are joined; every candidate's attributes are then opened, never its material, and `visit` decides. Memory is bounded
    /// by a page of each list. Objects under a generation that stays shut are passed over: nothing is known of them, and they must not hide
    /// the others.
    func search(_ query: SearchQuery, level: Level, of tenant: String, visit: (KeyObject) throws -> Bool) async throws {
        if let staging { return try await search(query, staging: staging, level: level, of: tenant, visit: visit) }
        let keys = try await keyring.keys(of: tenant)
        switch try await plan(query, level: level, keys: keys) {
        case .nothing: return
        case .one(let identifier):
            guard UniqueIdentifier.level(of: identifier) == level, let object = try await candidate(identifier, keys: keys) else { return }
            _ = try visit(object)
        case .candidates(let join):
            var seen = 0
            while let identifier = try await join.next() {
                if let object = try await candidate(identifier, keys: keys), try !visit(object) { return }
                seen += 1
                guard seen.isMultiple(of: Self.turn) else { continue }
                // Where all is in memory nothing else would let others go on.
                try Task.checkCancellation()
                await Task.yield()
            }
        case .all: try await walk(keys: keys) { try $0.level != level || visit($0) }
        }
    }

    /// Candidates in a row before others have their turn.
    private static let turn = 128

    /// How a search is gone about.
    private enum Plan {
        case nothing
        case one(String)
        case candidates(IndexJoin)
        /// The index does not have all objects yet.
        case all
    }

    private func plan(_ query: SearchQuery, level: Level, keys: TenantKeys) async throws -> Plan {
        let namespace = Namespace(keys.tenant)
        for attribute in query.attributes where attribute.name == .uniqueIdentifier {
            guard case .text(let identifier)? = attribute.value, UniqueIdentifier.isWellFormed(identifier) else { return .nothing }
            return .one(identifier)
        }
        for attribute in query.attributes where attribute.name == .name {
            guard let value = attribute.value, let name = Name(value) else { continue }
            let blinded = try IndexedAttributes.blind(.name, name.attributeValue, with: keys)
            guard let holder = try await store.get(RecordKey.name(blinded), in: namespace) else { return .nothing }
            return .one(String(decoding: holder.value, as: UTF8.self))
        }
        let index = try await directory.index(for: keys, in: store)
        let isWhole = index.isWhole
        var lists: [IndexCursor] = []
        for attribute in query.attributes {
            guard let sent = attribute.value, let value = IndexedAttributes.searchable(attribute.name, sent, isWhole: isWhole) else { continue }
            let blinded = try IndexedAttributes.blind(attribute.name, value, with: keys)
            let list = IndexCursor(RecordKey.index(blinded), level: level, in: namespace, of: store)
            guard try await list.current() != nil else { return .nothing }
            lists.append(list)
        }
        // Opening few candidates costs no more than looking each of them up in another list.
        if let shortest = lists.filter({ $0.count != nil }).min(by: { $0.count ?? 0 < $1.count ?? 0 }) { return .candidates(IndexJoin([shortest])) }
        guard isWhole else { return lists.isEmpty ? .all : .candidates(IndexJoin(lists)) }
        let classes = index.classes(having: try IndexClass.required(by: query, with: keys))
        let mayHaveMarks = index.hadMarks || directory.hasNewMarks(keys.tenant)
        if classes.keys.isEmpty, !mayHaveMarks { return .nothing }
        if classes.areAll, !lists.isEmpty { return .candidates(IndexJoin(lists)) }
        let pageSize = classes.keys.count > 16 ? 8 : 64
        var cursors = classes.keys.map { IndexCursor(RecordKey.index($0), level: level, in: namespace, of: store, pageSize: pageSize) }
        if mayHaveMarks { cursors.append(IndexCursor(RecordKey.allMarked, level: level, in: namespace, of: store, pageSize: 8)) }
        return .candidates(IndexJoin(lists + [IndexUnion(cursors)]))
    }

    /// The attributes of an object that the index names; `nil` where it is not there any more, or does not open.
    private func candidate(_ identifier: String, keys: TenantKeys) async throws -> KeyObject? {
        if let object = cached(identifier, of: keys.tenant) { return object }
        let entries = try await store.scan(prefix: RecordKey.prefix(of: identifier), after: nil, limit: 4, in: Namespace(keys.tenant))
        do {
            return try open(entries[...], identifier: identifier, keys: keys, withMaterial: false)
        } catch is GenerationRefused { return nil }
    }
}
