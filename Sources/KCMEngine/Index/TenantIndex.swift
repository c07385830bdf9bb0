internal import KCMStore
internal import Synchronization

/// What the index of a tenant consists of: its classes, and whether every object is in one. Read from the store once, and kept up to date
/// by this daemon, which alone writes to it.
final class TenantIndex: Sendable {
    /// The most classes; objects of further ones share one that any search goes through.
    static let maximumClasses = 1024

    /// One class.
    struct Known: Sendable {
        /// `nil` for the class of whatever found no place.
        let facets: Set<[UInt8]>?
        var isStored: Bool
    }

    /// What the store says.
    struct Content: Sendable {
        fileprivate var classes: [[UInt8]: Known] = [:]
        /// Saves the blinding of each object that is made.
        fileprivate var identifiers: [IndexClass: [UInt8]] = [:]
        /// Every object that is not destroyed is in a class, and every name given back is remembered.
        fileprivate var isWhole = false
        /// The store says so, too.
        fileprivate var isWholeStored = false
        /// There may be objects with marks, whose class is not that of their state.
        fileprivate var hadMarks = false
    }

    private let wholeness: [UInt8]
    private let content: Mutex<Content>

    /// - Parameter wholeness: the key that says the index is whole.
    init(wholeness: [UInt8], _ content: Content) {
        self.wholeness = wholeness
        self.content = Mutex(content)
    }

    /// - Throws: `StoreError`; `.corrupt` where there are more classes than are ever made.
    static func read(_ namespace: Namespace, wholeness: [UInt8], from store: any Store) async throws -> Content {
        var content = Content()
        content.isWholeStored = try await store.get(wholeness, in: namespace) != nil
        content.isWhole = content.isWholeStored
        // Nothing is missing where there is nothing.
        if !content.isWhole { content.isWhole = try await store.scan(prefix: RecordKey.objects, after: nil, limit: 1, in: namespace).isEmpty }
        content.hadMarks = try await !store.scan(prefix: RecordKey.allMarked, after: nil, limit: 1, in: namespace).isEmpty
        var after: [UInt8]?
        while true {
            let page = try await store.scan(prefix: RecordKey.indexClasses, after: after, limit: pageSize, in: namespace)
            for entry in page {
                content.classes[Array(entry.key[RecordKey.indexClasses.count...])] = Known(facets: facets(entry.value), isStored: true)
            }
            after = page.last?.key
            if page.count < pageSize { return content }
            // One for each key that ever blinded; a tenant has one, or few.
            guard content.classes.count <= maximumClasses * 8 else {
                throw StoreError(.corrupt, "the keystore holds more classes of objects of \(namespace.name) than this service makes")
            }
        }
    }

    private static let pageSize = 128

    private static func facets(_ value: [UInt8]) -> Set<[UInt8]>? {
        // What this version does not understand may hold anything.
        guard !value.isEmpty, value.count % 32 == 0 else { return nil }
        return Set(stride(from: 0, to: value.count, by: 32).map { Array(value[$0..<$0 + 32]) })
    }

    // MARK: Searching

    var isWhole: Bool { content.withLock { $0.isWhole } }

    /// Whether there were marks when the index was read.
    var hadMarks: Bool { content.withLock { $0.hadMarks } }

    /// The classes whose objects have all these facets, or may have them.
    /// - Returns: their keys, and whether there are no others.
    func classes(having facets: Set<[UInt8]>) -> (keys: [[UInt8]], areAll: Bool) {
        let classes = content.withLock { $0.classes }
        let found = classes.filter { $0.value.facets?.isSuperset(of: facets) ?? true }.map(\.key)
        return (found, found.count == classes.count)
    }

    // MARK: Writing

    /// Where an object goes in the index.
    struct Place {
        /// The key of its class.
        let identifier: [UInt8]
        /// The class itself, where the store does not have it yet.
        let newClass: StoreWrite?
    }

    /// The place of an object that is made or changed; its class is known from now on.
    /// - Throws: `CryptoError`.
    func place(_ object: KeyObject, with keys: TenantKeys) throws -> Place {
        let own = IndexClass(object)
        let place: Place? = content.withLock { content in content.identifiers[own].flatMap { Self.place($0, in: content) } }
        if let place { return place }
        let facets = try own.facets(with: keys)
        let identifier = try IndexClass.identifier(of: facets, with: keys)
        let rest = try IndexClass.identifier(of: [], with: keys)
        return content.withLock { content in
            let hasRoom = content.classes[identifier] != nil || content.classes.count < Self.maximumClasses
            let chosen = hasRoom ? identifier : rest
            if content.classes[chosen] == nil { content.classes[chosen] = Known(facets: hasRoom ? Set(facets) : nil, isStored: false) }
            if hasRoom { content.identifiers[own] = identifier }
            return Self.place(chosen, in: content) ?? Place(identifier: chosen, newClass: nil)
        }
    }

    private static func place(_ identifier: [UInt8], in content: Content) -> Place? {
        guard let known = content.classes[identifier] else { return nil }
        guard !known.isStored else { return Place(identifier: identifier, newClass: nil) }
        let facets = (known.facets ?? []).sorted { $0.lexicographicallyPrecedes($1) }
        return Place(identifier: identifier, newClass: .put(RecordKey.indexClass(identifier), Array(facets.joined())))
    }

    /// Classes that an object may have been in: its own, and that of whatever found no place.
    /// - Throws: `CryptoError`.
    func formerPlaces(_ object: KeyObject, with keys: TenantKeys) throws -> Set<[UInt8]> {
        let own = IndexClass(object)
        let (known, isFull) = content.withLock { ($0.identifiers[own], $0.classes.count >= Self.maximumClasses) }
        var places: Set<[UInt8]> = [try known ?? IndexClass.identifier(of: own.facets(with: keys), with: keys)]
        if isFull { places.insert(try IndexClass.identifier(of: [], with: keys)) }
        return places
    }

    /// What says that the index is whole, where that is so and the store does not say it yet.
    var wholenessWrite: StoreWrite? { content.withLock { $0.isWhole && !$0.isWholeStored ? .put(wholeness, [1]) : nil } }

    /// The store has these writes now.
    func stored(_ writes: [StoreWrite]) {
        content.withLock { content in
            for write in writes {
                if write.key == wholeness { content.isWholeStored = true }
                guard write.key.starts(with: RecordKey.indexClasses) else { continue }
                content.classes[Array(write.key[RecordKey.indexClasses.count...])]?.isStored = true
            }
        }
    }

    /// Every object of the tenant was put into the index.
    func becameWhole() { content.withLock { $0.isWhole = true } }
}
