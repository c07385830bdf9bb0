internal import KMIP

/// What a Locate asks of an object.
struct LocateFilter {
    /// All have to match. Dates are in `ranges`.
    let attributes: [Attribute]
    private let ranges: [AttributeName: ClosedRange<Int64>]
    private let member: ObjectGroupMember?
    private let onLine: Bool
    private let now: Int64

    /// - Throws: *Invalid Field* for an attribute that is unknown or lacks its value.
    init(_ request: LocateRequest, level: Level, now: Int64) throws(OperationFailure) {
        self.now = now
        var values: [Attribute] = []
        var dates: [AttributeName: [Int64]] = [:]
        for attribute in request.attributes where attribute.name != .level {
            guard AttributeDefinition.of(attribute.name) != nil || attribute.name.isCustom else {
                throw OperationFailure(.invalidField, "The server does not know one of the attributes to search by")
            }
            guard let value = attribute.value else {
                throw OperationFailure(.invalidField, "The attribute \(attribute.name) to search by has no value")
            }
            if case .dateTime(let seconds) = value {
                dates[attribute.name, default: []].append(seconds)
            } else if attribute.name == .name, let name = Name(value) {
                values.append(Attribute(.name, name.attributeValue))
            } else {
                values.append(attribute)
            }
        }
        attributes = values
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
        // Objects are never archived here, so a search of archival storage alone finds nothing.
        onLine = request.storageStatusMask.map { $0 & StorageStatusMask.onLineStorage.rawValue != 0 } ?? true
    }

    func matches(_ object: KeyObject) -> Bool {
        guard onLine, !object.isDestroyed else { return false }
        let view = AttributeView(object, version: .v1_4, now: now)
        for attribute in attributes {
            guard let wanted = attribute.value else { return false }
            guard view.instances(of: attribute.name).contains(where: { Self.matches($0.value, wanted, attribute.name) }) else { return false }
        }
        for (name, range) in ranges {
            guard case .dateTime(let seconds)? = view.instances(of: name).first?.value, range.contains(seconds) else { return false }
        }
        if let member {
            let isFresh = object.attributes.flag(.fresh) ?? true
            guard object.attributes.contains(.objectGroup), (member == .groupMemberFresh) == isFresh || member == .groupMemberDefault else {
                return false
            }
        }
        return true
    }

    /// A usage mask matches where all bits asked for are set; a structure where all its fields are there (KMIP 1.4 §4.9).
    private static func matches(_ value: AttributeValue?, _ wanted: AttributeValue, _ name: AttributeName) -> Bool {
        switch (value, wanted) {
        case (.integer(let have)?, .integer(let want)) where name == .cryptographicUsageMask: have & want == want
        case (.structure(let have)?, .structure(let want)): want.allSatisfy { have.contains($0) }
        default: value == wanted
        }
    }
}
