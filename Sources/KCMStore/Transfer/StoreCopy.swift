/// Copies all records of one store into another, with their revisions, and checks that both hold the same in the end.
///
/// Values are never opened: a copy needs no key. Nobody else may use either store meanwhile. The target is marked as unfinished until
/// the check has passed, and no daemon starts on it; the same call on the same stores goes on where an interrupted one stopped.
public struct StoreCopy<Source: Store, Target: Store>: Sendable {
    /// How far a copy is.
    public struct Progress: Sendable {
        public enum Step: String, Sendable {
            case copying
            case verifying
        }
        public let step: Step
        public let namespace: Namespace
        /// Entries of the namespace that are done.
        public let entries: Int
    }

    /// What was copied from a namespace.
    public struct Copied: Sendable {
        public let namespace: Namespace
        /// Of the entries that are in the target now.
        public let summary: StoreSummary
        /// Entries written by this call; the others were there from an interrupted one.
        public let written: Int
    }

    /// Bytes in one commit at most, beside the target's own limits.
    private static var commitSize: Int { 4 << 20 }

    private let source: Source
    private let target: Target
    /// Names the source in the target's mark.
    private let name: String
    private let progress: @Sendable (Progress) -> Void

    public init(from source: Source, named name: String, to target: Target, progress: @escaping @Sendable (Progress) -> Void = { _ in }) {
        self.source = source
        self.name = name
        self.target = target
        self.progress = progress
    }

    /// Copies and checks.
    /// - Returns: one row for each namespace, in order.
    /// - Throws: `StoreError`: `.conflict` where the target holds something that the source does not, `.tooLarge` where it cannot hold a
    ///   record, `.corrupt` where the two differ in the end, or what a store throws. The target stays marked as unfinished.
    public func run() async throws -> [Copied] {
        guard try await StoreFormat.read(source) != nil else {
            throw StoreError(.invalid, "the source was never used by a daemon: there is nothing to copy")
        }
        if let unfinished = try await StoreFormat.copySource(of: source) {
            throw StoreError(.unavailable, "the source itself is an unfinished copy of \(unfinished)")
        }
        let namespaces = try await source.namespaces().filter { $0 != StoreFormat.namespace }
        try await prepare(namespaces)
        var written: [Int] = []
        for namespace in namespaces { written.append(try await copy(namespace)) }
        var result: [Copied] = []
        for (namespace, written) in zip(namespaces, written) {
            result.append(Copied(namespace: namespace, summary: try await verify(namespace), written: written))
        }
        try await StoreFormat.write(to: target)
        try await target.commit([.remove(StoreFormat.copyKey)], in: StoreFormat.namespace)
        return result
    }

    /// Marks the target, which must be empty or a copy that was interrupted.
    private func prepare(_ namespaces: [Namespace]) async throws {
        _ = try await StoreFormat.read(target)
        let there = try await target.namespaces().filter { $0 != StoreFormat.namespace }
        if let other = there.first(where: { !namespaces.contains($0) }) {
            throw StoreError(.conflict, "the target holds records of \(other.name), which the source does not have; copy into an empty keystore")
        }
        if let begun = try await StoreFormat.copySource(of: target) {
            guard begun == name else {
                throw StoreError(.conflict, "the target holds an unfinished copy of \(begun), not of \(name); copy into an empty keystore")
            }
            return
        }
        guard there.isEmpty else {
            throw StoreError(.conflict, "the target holds records of \(there[0].name) already; copy into an empty keystore")
        }
        try await target.commit([.put(StoreFormat.copyKey, Array(name.utf8))], in: StoreFormat.namespace)
    }

    /// - Returns: the number of entries written.
    private func copy(_ namespace: Namespace) async throws -> Int {
        var written = 0
        var done = 0
        var after: [UInt8]?
        while true {
            let entries = try await source.scan(prefix: [], after: after, limit: StoreWalk.page, in: namespace)
            guard let last = entries.last else { break }
            written += try await write(missing(of: entries, after: after, in: namespace), to: namespace)
            done += entries.count
            progress(Progress(step: .copying, namespace: namespace, entries: done))
            guard entries.count == StoreWalk.page else { break }
            after = last.key
        }
        return written
    }

    /// The entries that the target does not have yet.
    /// - Throws: `StoreError` `.conflict` where it has one with other content.
    private func missing(of entries: [StoredEntry], after: [UInt8]?, in namespace: Namespace) async throws -> [StoredEntry] {
        let there = try await target.scan(prefix: [], after: after, limit: entries.count, in: namespace)
        guard !there.isEmpty else { return entries }
        let byKey = Dictionary(there.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
        return try entries.filter { entry in
            guard let other = byKey[entry.key] else { return true }
            guard other.value == entry.value, other.revision == entry.revision else {
                throw StoreError(
                    .conflict,
                    "the target holds another state of a record of \(namespace.name): the source was used since the copy was interrupted; copy into an empty keystore"
                )
            }
            return false
        }
    }

    private func write(_ entries: [StoredEntry], to namespace: Namespace) async throws -> Int {
        var batch: [StoreWrite] = []
        var size = 0
        for entry in entries {
            guard entry.key.count <= target.limits.maximumKeySize, entry.value.count <= target.limits.maximumValueSize else {
                throw StoreError(
                    .tooLarge,
                    "a record of \(namespace.name) has a key of \(entry.key.count) and a value of \(entry.value.count) bytes; the target takes \(target.limits.maximumKeySize) and \(target.limits.maximumValueSize)"
                )
            }
            if batch.count == target.limits.maximumBatch || (!batch.isEmpty && size + entry.value.count > Self.commitSize) {
                try await target.commit(batch, in: namespace)
                batch = []
                size = 0
            }
            batch.append(.restore(entry.key, entry.value, revision: entry.revision))
            size += entry.key.count + entry.value.count
        }
        if !batch.isEmpty { try await target.commit(batch, in: namespace) }
        return entries.count
    }

    private func verify(_ namespace: Namespace) async throws -> StoreSummary {
        let progress = progress
        func summary(_ store: some Store) async throws -> StoreSummary {
            try await StoreWalk.summary(of: namespace, in: store) { entries in
                progress(Progress(step: .verifying, namespace: namespace, entries: entries))
            }
        }
        let wanted = try await summary(source)
        let got = try await summary(target)
        guard got == wanted else {
            throw StoreError(
                .corrupt,
                "after the copy \(namespace.name) has \(wanted.entries) records in the source and \(got.entries) in the target, and their digests \(wanted.digest == got.digest ? "agree" : "differ")"
            )
        }
        return got
    }
}
