internal import KCMStore
internal import KMIP

extension ObjectRepository {
    /// Few enough that a page of the largest objects still fits in memory.
    private static let pageSize = 64

    /// Goes through the objects that may match, in the order of their identifiers, until `visit` returns false.
    ///
    /// An indexed attribute among `attributes` narrows the walk to the objects that have its value; every candidate is opened, and
    /// `visit` decides. Memory is bounded by one page. Objects under a generation that stays shut are passed over: nothing is known of
    /// them, and they must not hide the others.
    func search(_ attributes: [Attribute], level: Level, of tenant: String, visit: (KeyObject) throws -> Bool) async throws {
        if let staging { return try await search(attributes, staging: staging, level: level, of: tenant, visit: visit) }
        let keys = try await keyring.keys(of: tenant)
        for attribute in attributes where attribute.name == .uniqueIdentifier {
            guard case .text(let identifier)? = attribute.value, UniqueIdentifier.level(of: identifier) == level,
                let object = try await load(identifier, of: tenant)
            else { return }
            _ = try visit(object)
            return
        }
        for attribute in attributes {
            guard let value = attribute.value, IndexedAttributes.canSearch(attribute.name, value) else { continue }
            let blinded = try IndexedAttributes.blind(attribute.name, value, with: keys)
            return try await searchIndex(blinded, level: level, of: tenant, visit: visit)
        }
        try await walk(level: level, keys: keys, visit: visit)
    }

    private func searchIndex(_ blinded: [UInt8], level: Level, of tenant: String, visit: (KeyObject) throws -> Bool) async throws {
        let prefix = RecordKey.index(blinded)
        var after: [UInt8]?
        while true {
            let page = try await store.scan(prefix: prefix, after: after, limit: Self.pageSize, in: Namespace(tenant))
            for entry in page {
                let identifier = String(decoding: entry.key[RecordKey.indexPrefixSize...], as: UTF8.self)
                guard UniqueIdentifier.level(of: identifier) == level, let object = try await loadOpen(identifier, of: tenant) else { continue }
                if try !visit(object) { return }
            }
            guard page.count == Self.pageSize else { return }
            after = page.last?.key
        }
    }

    private func loadOpen(_ identifier: String, of tenant: String) async throws -> KeyObject? {
        do { return try await load(identifier, of: tenant) } catch is GenerationRefused { return nil }
    }

    private func walk(level: Level, keys: TenantKeys, visit: (KeyObject) throws -> Bool) async throws {
        let prefix = RecordKey.objects + Array(level.name.utf8) + [UInt8(ascii: "-")]
        var after: [UInt8]?
        var pending: [StoredEntry] = []
        while true {
            let page = try await store.scan(prefix: prefix, after: after, limit: Self.pageSize, in: Namespace(keys.tenant))
            let isLast = page.count < Self.pageSize
            pending.append(contentsOf: page)
            after = page.last?.key
            // The records of one object lie side by side; the last object of a page may go on in the next.
            var start = 0
            while start < pending.count {
                guard let identifier = RecordKey.parse(pending[start].key)?.identifier else { start += 1; continue }
                var end = start + 1
                while end < pending.count, RecordKey.parse(pending[end].key)?.identifier == identifier { end += 1 }
                if end == pending.count, !isLast { break }
                let found: KeyObject?
                do { found = try open(pending[start..<end], identifier: identifier, keys: keys) } catch is GenerationRefused { found = nil }
                if let found, try !visit(found) { return }
                start = end
            }
            pending.removeFirst(start)
            if isLast { return }
        }
    }
}
