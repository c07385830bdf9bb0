internal import KMIP

/// How often, or on how many bytes, a key may still be used to protect (KMIP 1.4 §3.21).
struct UsageLimits: Sendable, Hashable {
    var total: Int64
    /// What is left.
    var count: Int64
    var unit: UsageLimitsUnit

    /// From the value of a Usage Limits attribute; `nil` where it is not one.
    init?(_ value: AttributeValue?) {
        guard case .longInteger(let total)? = value?[.usageLimitsTotal], case .enumeration(let unit)? = value?[.usageLimitsUnit] else { return nil }
        self.total = total
        self.unit = UsageLimitsUnit(rawValue: unit)
        if case .longInteger(let count)? = value?[.usageLimitsCount] { self.count = count } else { count = total }
    }

    /// As the value of the attribute.
    var attributeValue: AttributeValue {
        .structure([
            .init(.usageLimitsTotal, .longInteger(total)), .init(.usageLimitsCount, .longInteger(count)),
            .init(.usageLimitsUnit, .enumeration(unit.rawValue)),
        ])
    }

    /// What is left after a use of so many bytes.
    /// - Throws: *Permission Denied* where less is left.
    func charged(bytes: Int) throws(OperationFailure) -> UsageLimits {
        let cost = unit == .byte ? Int64(bytes) : 1
        guard count >= cost else { throw OperationFailure(.permissionDenied, "The Usage Limits of the object are used up") }
        var left = self
        left.count -= cost
        return left
    }
}
