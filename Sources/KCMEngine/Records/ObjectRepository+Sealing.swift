internal import KCMStore

extension ObjectRepository {
    private static let pageSize = 64

    /// What became of one object that was to be sealed anew.
    public enum Resealing: Sendable, Hashable {
        case sealed
        /// It was under the current generation already.
        case current
        /// It is under a generation that stays shut.
        case refused
        /// It is not there any more.
        case absent
        /// Its records do not open: they were changed in the store. The log has it.
        case altered
    }

    /// How many objects of a tenant are sealed under which generation. Reads clear headers only: needs no open key.
    /// - Throws: `StoreError`.
    public func generations(of tenant: String) async throws -> [UInt32: Int] {
        var counts: [UInt32: Int] = [:]
        try await walkHeaders(of: tenant) { _, header in
            counts[header.generation, default: 0] += 1
            return true
        }
        return counts
    }

    /// Identifiers of objects that are sealed under another generation, in order.
    /// - Parameter after: the last identifier of the page before; `nil` for the first page.
    /// - Returns: at most 64, each with its generation; none at the end.
    public func objects(
        notUnder generation: UInt32,
        after: String?,
        of tenant: String
    ) async throws -> [(identifier: String, generation: UInt32)] {
        var found: [(identifier: String, generation: UInt32)] = []
        try await walkHeaders(of: tenant, after: after) { identifier, header in
            if header.generation != generation { found.append((identifier, header.generation)) }
            return found.count < Self.pageSize
        }
        return found
    }

    /// Seals one object under the current generation, in one commit of all its records; starts over where someone else changes it
    /// meanwhile. Nothing of the object changes but its revision.
    /// - Throws: `OperationFailure` of the keyring, `StoreError`.
    public func reseal(_ identifier: String, of tenant: String) async throws -> Resealing {
        while true {
            try Task.checkCancellation()
            let entries = try await store.scan(prefix: RecordKey.prefix(of: identifier), after: nil, limit: 4, in: Namespace(tenant))
            guard let entry = entries.first(where: { RecordKey.parse($0.key)?.part == UInt8(ascii: "a") }) else { return .absent }
            let keys = try await keyring.keys(of: tenant)
            guard SealedRecord.header(of: entry.value)?.generation != keys.current else { return .current }
            do {
                if entries.contains(where: { RecordKey.parse($0.key)?.part == UInt8(ascii: "m") }) {
                    // Folding in what was marked seals anew, too.
                    _ = try await load(identifier, of: tenant)
                } else if let object = try open(entries[...], identifier: identifier, keys: keys) {
                    try await replace(object, with: object, of: tenant)
                }
                return .sealed
            } catch is GenerationRefused { return .refused } catch let error as RecordError {
                InternalFailure.report(error)
                return .altered
            } catch let error as StoreError where error.code == .conflict {
                // A client's change goes first; it seals the object under the current generation, so this ends.
            }
        }
    }

    /// Goes through the attribute records of all objects in the order of their identifiers, until `visit` returns false.
    private func walkHeaders(
        of tenant: String,
        after identifier: String? = nil,
        visit: (String, SealedRecord.Header) throws -> Bool
    ) async throws {
        // Behind the letters of all parts of the object.
        var after = identifier.map { RecordKey.prefix(of: $0) + [UInt8(ascii: "z")] }
        while true {
            let page = try await store.scan(prefix: RecordKey.objects, after: after, limit: Self.pageSize, in: Namespace(tenant))
            for entry in page {
                guard let (identifier, part) = RecordKey.parse(entry.key), part == UInt8(ascii: "a") else { continue }
                guard let header = SealedRecord.header(of: entry.value) else { throw RecordError.malformed(identifier) }
                if try !visit(identifier, header) { return }
            }
            guard page.count == Self.pageSize else { return }
            after = page.last?.key
        }
    }
}
