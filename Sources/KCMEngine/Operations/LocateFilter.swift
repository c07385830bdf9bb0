internal import KMIP

/// What a Locate asks of an object.
struct LocateFilter {
    /// What the index can narrow the search by; ``matches(_:)`` decides.
    var query: SearchQuery {
        let isArchived: Bool? =
            switch (storage.contains(.onLineStorage), storage.contains(.archivalStorage)) {
            case (true, false): false
            case (false, true): true
            default: nil
            }
        return SearchQuery(attributes: attributes, isArchived: isArchived)
    }

    /// All have to match. Dates are in `ranges`.
    private let attributes: [Attribute]
    private let ranges: [AttributeName: ClosedRange<Int64>]
    private let unset: [AttributeName]
    private let member: ObjectGroupMember?
    private let storage: StorageStatusMask
    private let now: Int64

    /// - Throws: *Invalid Field* for an attribute that is unknown or lacks its value.
    init(_ request: LocateRequest, level: Level, now: Int64) throws(OperationFailure) {
        self.now = now
        // Each object is held against each of them.
        guard request.attributes.count <= AttributeIntake.maximumAttributes else {
            throw OperationFailure(.invalidField, "The request searches by more than \(AttributeIntake.maximumAttributes) attributes")
        }
        var values: [Attribute] = []
        var dates: [AttributeName: [Int64]] = [:]
        var unset: [AttributeName] = []
        for attribute in request.attributes where attribute.name != .level {
            guard AttributeDefinition.of(attribute.name) != nil || attribute.name.isCustom else {
                throw OperationFailure(.invalidField, "The server does not know one of the attributes to search by")
            }
            guard let value = attribute.value else {
                throw OperationFailure(.invalidField, "The attribute \(attribute.name) to search by has no value")
            }
            // The largest date stands for one that is not set (KMIP 1.4 §4.9).
            if value == .dateTime(.max) {
                unset.append(attribute.name)
            } else if case .dateTime(let seconds) = value {
                dates[attribute.name, default: []].append(seconds)
            } else if attribute.name == .name, let name = Name(value) {
                values.append(Attribute(.name, name.attributeValue))
            } else {
                values.append(attribute)
            }
        }
        attributes = values
        self.unset = unset
        // Given once a date has to be the same; given twice it is a range (KMIP 1.4 §4.9).
        var ranges: [AttributeName: ClosedRange<Int64>] = [:]
        for (name, values) in dates {
            guard values.count <= 2, let low = values.min(), let high = values.max() else {
                throw OperationFailure(.invalidField, "The attribute \(name) stands more than twice")
            }
            ranges[name] = low...high
        }
        self.ranges = ranges
        member = request.objectGroupMember
        storage = request.storageStatusMask.map { StorageStatusMask(rawValue: $0) } ?? .onLineStorage
    }

    func matches(_ object: KeyObject) -> Bool {
        guard !object.isDestroyed, storage.contains(object.rules.isArchived ? .archivalStorage : .onLineStorage) else { return false }
        let view = AttributeView(object, version: .v1_4, now: now)
        for attribute in attributes {
            guard let wanted = attribute.value else { return false }
            guard view.instances(of: attribute.name).contains(where: { Self.matches($0.value, wanted, attribute.name) }) else { return false }
        }
        for (name, range) in ranges {
            let isWithin = view.instances(of: name).contains { if case .dateTime(let date)? = $0.value { range.contains(date) } else { false } }
            guard isWithin else { return false }
        }
        guard unset.allSatisfy({ view.instances(of: $0).isEmpty }) else { return false }
        if let member {
            let isFresh = object.attributes.flag(.fresh) ?? true
            guard object.attributes.contains(.objectGroup), (member == .groupMemberFresh) == isFresh || member == .groupMemberDefault else {
                return false
            }
        }
        return true
    }

    /// A usage mask matches where all bits asked for are set, Usage Limits where as much is left, a structure where all its fields
    /// are there (KMIP 1.4 §4.9).
    private static func matches(_ value: AttributeValue?, _ wanted: AttributeValue, _ name: AttributeName) -> Bool {
        switch (value, wanted) {
        case (.integer(let have)?, .integer(let want)) where name == .cryptographicUsageMask: have & want == want
        case (.structure?, .structure(let want)) where name == .usageLimits:
            want.allSatisfy { field in
                guard case .longInteger(let least) = field.value, case .longInteger(let have)? = value?[field.tag] else {
                    return value?[field.tag] == field.value
                }
                return have >= least
            }
        case (.structure(let have)?, .structure(let want)): want.allSatisfy { have.contains($0) }
        default: value == wanted
        }
    }
}
