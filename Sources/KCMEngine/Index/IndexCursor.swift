internal import KCMStore

/// Identifiers in ascending order, each once.
protocol IdentifierStream: AnyObject {
    /// The identifier that the stream stands at; `nil` at the end.
    func current() async throws -> String?
    /// Goes behind the current identifier.
    func advance()
    /// Goes on to the first identifier that is not below this one; never back.
    func seek(_ identifier: String)
}

/// The identifiers under one prefix of a store, read in pages that grow while all of a page is used and shrink where the cursor leaps.
final class IndexCursor: IdentifierStream {
    private static let largestPage = 512
    private static let smallestPage = 8

    private let store: any Store
    private let namespace: Namespace
    private let prefix: [UInt8]
    /// Bytes of a key before the identifier.
    private let headSize: Int
    private var pageSize: Int
    private var page: [String] = []
    private var position = 0
    /// Of the page: how often it was of use.
    private var uses = 0
    /// The store has nothing behind the page.
    private var isLast = false
    private var after: [UInt8]?

    /// - Parameters:
    ///   - list: the part of a key before the identifier.
    ///   - pageSize: of the first page.
    init(_ list: [UInt8], level: Level, in namespace: Namespace, of store: any Store, pageSize: Int = 64) {
        self.store = store
        self.namespace = namespace
        prefix = list + Array("\(level.name)-".utf8)
        headSize = list.count
        self.pageSize = pageSize
    }

    /// How many identifiers are left, where the page at hand has all of them.
    var count: Int? { isLast ? page.count - position : nil }

    /// The identifier that the page at hand has for the cursor.
    fileprivate var loaded: String? { position < page.count ? page[position] : nil }

    func current() async throws -> String? {
        while position == page.count {
            if isLast { return nil }
            if !page.isEmpty {
                pageSize = uses * 4 >= page.count ? min(pageSize * 2, Self.largestPage) : max(pageSize / 4, Self.smallestPage)
            }
            let entries = try await store.scan(prefix: prefix, after: after, limit: pageSize, in: namespace)
            page = entries.map { String(decoding: $0.key[headSize...], as: UTF8.self) }
            (position, uses) = (0, 0)
            isLast = entries.count < pageSize
            after = entries.last?.key ?? after
        }
        return page[position]
    }

    func advance() {
        guard position < page.count else { return }
        position += 1
        uses += 1
    }

    func seek(_ identifier: String) {
        uses += 1
        while position < page.count, page[position] < identifier { position += 1 }
        guard position == page.count, !isLast, var last = identifier.utf8.last else { return }
        // Directly before the identifier: those of a level have one length, so nothing stands between.
        last &-= 1
        let before = Array(prefix[..<headSize]) + Array(identifier.utf8.dropLast()) + [last, 0xFF]
        if after.map({ $0.lexicographicallyPrecedes(before) }) ?? true { after = before }
    }
}

/// The identifiers of several cursors together.
final class IndexUnion: IdentifierStream {
    private var cursors: [IndexCursor]
    private var least: String?

    init(_ cursors: [IndexCursor]) { self.cursors = cursors }

    func current() async throws -> String? {
        if let least { return least }
        var left: [IndexCursor] = []
        for cursor in cursors {
            guard let found = try await cursor.current() else { continue }
            left.append(cursor)
            if least.map({ found < $0 }) ?? true { least = found }
        }
        cursors = left
        return least
    }

    func advance() {
        guard let least else { return }
        for cursor in cursors where cursor.loaded == least { cursor.advance() }
        self.least = nil
    }

    func seek(_ identifier: String) {
        if let least, least >= identifier { return }
        least = nil
        for cursor in cursors { cursor.seek(identifier) }
    }
}

/// The identifiers that all of several streams have. Each is led to the next one that another has, so that the shortest decides how much
/// is read of the others.
struct IndexJoin {
    private let streams: [any IdentifierStream]

    /// - Parameter streams: at least one; the shortest first.
    init(_ streams: [any IdentifierStream]) { self.streams = streams }

    /// The next identifier; `nil` at the end.
    func next() async throws -> String? {
        guard let first = streams.first, var candidate = try await first.current() else { return nil }
        search: while true {
            for stream in streams {
                stream.seek(candidate)
                guard let found = try await stream.current() else { return nil }
                guard found == candidate else {
                    candidate = found
                    continue search
                }
            }
            first.advance()
            return candidate
        }
    }
}
