internal import KCMStore
internal import KMIP
internal import NIOCore

/// Locate (KMIP 1.4 §4.9): see ``ObjectRepository/search(_:level:of:visit:)`` for how objects are found.
struct Locate: ServedOperation {
    let request: LocateRequest

    /// Objects that are looked at behind a full page for the sake of Located Items. Where there are more, the answer has none: a server may
    /// leave it out (KMIP 1.4 §4.9), and a page is not to cost as much as all objects together.
    private static let counted = 1000

    init(_ request: LocateRequest) { self.request = request }

    /// An identifier shows its level, here as anywhere: who searches by one asks for that level.
    var target: OperationTarget {
        let named = request.attributes.lazy.compactMap { attribute -> Level? in
            guard attribute.name == .uniqueIdentifier, case .text(let identifier)? = attribute.value else { return nil }
            return UniqueIdentifier.level(of: identifier)
        }.first
        return .search(level: OperationTarget.level(request.attributes) ?? named?.name)
    }

    func perform(in engine: Engine, _ context: OperationContext) async throws(OperationFailure) -> OperationResult {
        let filter = try LocateFilter(request, level: context.level, now: context.now)
        let offset = Int(request.offsetItems ?? 0)
        let maximum = request.maximumItems.map(Int.init) ?? Int.max
        guard offset >= 0, maximum >= 0 else {
            throw OperationFailure(.invalidField, "Maximum Items and Offset Items are not negative")
        }
        // KMIP 1.3 added Located Items, the count of all matches. It is for those who page: the official cases have none in the answer
        // to a request that does not, and without it the search can stop when the page is full.
        let counts = context.version >= .v1_3 && (request.maximumItems != nil || request.offsetItems != nil)
        var found: [String] = []
        var matches = 0
        var beyond = 0
        try await engine.guarding { () async throws in
            try await engine.repository.search(filter.query, level: context.level, of: context.tenant) { object in
                if found.count == maximum { beyond += 1 }
                guard filter.matches(object), context.permits(object) else { return beyond < Self.counted }
                matches += 1
                if matches > offset, found.count < maximum { found.append(object.uniqueIdentifier) }
                return found.count < maximum || (counts && beyond < Self.counted)
            }
        }
        let isCounted = counts && beyond < Self.counted
        return try OperationResult { (writer) throws(OperationFailure) in
            if isCounted { writer.integer(.locatedItems, Int32(clamping: matches)) }
            for identifier in found { writer.text(.uniqueIdentifier, identifier) }
            // One match becomes the ID Placeholder; none or several empty it (KMIP 1.4 §4.9).
            return OperationTrace(object: found.count == 1 ? found[0] : "", placeholder: found.count == 1 ? .set(found[0]) : .cleared)
        }
    }
}
