internal import KMIP

/// What a replacement takes over from the object that it replaces, and what becomes of that (KMIP 1.4 §4.4, §4.5, §4.8).
struct Replacement {
    private let offset: UInt32?
    /// What the request sets, which goes before what is copied.
    private let requested: AttributeSet

    /// Attributes that are the new object's own.
    private static let own: Set<AttributeName> = [
        .uniqueIdentifier, .objectType, .state, .digest, .link, .initialDate, .lastChangeDate, .originalCreationDate, .destroyDate,
        .compromiseDate, .compromiseOccurrenceDate, .revocationReason, .archiveDate, .fresh, .alwaysSensitive, .neverExtractable,
        .randomNumberGenerator, .keyValuePresent, .leaseTime,
    ]
    private static let dates: [AttributeName] = [.activationDate, .processStartDate, .protectStopDate, .deactivationDate]

    /// - Throws: *Invalid Message* where both Offset and a date are sent.
    init(offset: UInt32?, requested: AttributeSet) throws(OperationFailure) {
        guard offset == nil || !Self.dates.contains(where: { requested.contains($0) }) else {
            throw OperationFailure(.invalidMessage, "Offset and dates exclude one another")
        }
        self.offset = offset
        self.requested = requested
    }

    /// The attributes of the replacement, without those that the server sets for any new object.
    /// - Throws: *Illegal Operation* where there is no Activation Date to move other dates by; *Invalid Field* for a date that would be
    ///   beyond what a Date-Time can say; *Index Out of Bounds* for more attributes than an object has.
    func attributes(for old: KeyObject, now: Int64) throws(OperationFailure) -> AttributeSet {
        let copied = AttributeSet(old.attributes.entries.filter { !Self.own.contains($0.name) && !requested.replaces($0.name) })
        var result = copied
        if let offset { try shift(&result, of: old, to: now + Int64(offset)) }
        if let limits = UsageLimits(result[.usageLimits]) { result.set(.usageLimits, limits.unused.attributeValue) }
        // The names and other instances of the request come behind those that are taken over.
        result.merge(requested)
        // Or each replacement could be larger than the one before.
        guard result.entries.count <= AttributeIntake.maximumAttributes * 2 else {
            throw OperationFailure(.indexOutOfBounds, "The replacement would have too many attributes")
        }
        result.link(.replacedObjectLink, to: old.uniqueIdentifier)
        return result
    }

    private func shift(_ attributes: inout AttributeSet, of old: KeyObject, to activation: Int64) throws(OperationFailure) {
        if let before = old.attributes.date(.activationDate) {
            for name in Self.dates.dropFirst() {
                guard let date = attributes.date(name) else { continue }
                // Dates are the client's, from one end of 64 bits to the other.
                let (age, isTooFar) = date.subtractingReportingOverflow(before)
                let (moved, isBeyond) = activation.addingReportingOverflow(age)
                guard !isTooFar, !isBeyond else {
                    throw OperationFailure(.invalidField, "The \(name) of the existing object cannot be moved by the Offset")
                }
                attributes.set(name, .dateTime(moved))
            }
        } else if Self.dates.contains(where: { old.attributes.contains($0) }) {
            throw OperationFailure(.illegalOperation, "The existing object has no Activation Date to reckon its other dates from")
        }
        attributes.set(.activationDate, .dateTime(activation))
    }

    /// The object that was replaced: without names, and with a link to its replacement.
    static func replaced(_ old: KeyObject, by new: KeyObject, now: Int64) -> KeyObject {
        var attributes = old.attributes
        attributes.set(.name, nil)
        attributes.relink(.replacementObjectLink, to: new.uniqueIdentifier)
        return old.changed(attributes, state: old.storedState, now: now)
    }
}

extension AttributeSet {
    /// Whether a value of this set takes the place of another's: for attributes with one instance.
    fileprivate func replaces(_ name: AttributeName) -> Bool {
        contains(name) && !(AttributeDefinition.of(name)?.isMultiInstance ?? true)
    }
}
