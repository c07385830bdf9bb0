internal import KMIP

/// A Revoke or Destroy that was taken while the sealing key was out of reach: stored in the clear beside the sealed record, and
/// folded into it when the record next opens.
///
/// It needs no seal: a mark can only take rights away, which whoever can write to the store can do anyway by deleting.
struct Mark: Equatable {
    /// Compromised, Deactivated, Destroyed or Destroyed Compromised.
    var state: State
    /// Seconds since 1970 UTC.
    var date: Int64
    var reason: RevocationReasonCode

    var encoded: [UInt8] {
        var bytes: [UInt8] = [1]
        for word in [state.rawValue, UInt32(truncatingIfNeeded: date >> 32), UInt32(truncatingIfNeeded: date), reason.rawValue] {
            withUnsafeBytes(of: word.bigEndian) { bytes.append(contentsOf: $0) }
        }
        return bytes
    }

    init(state: State, date: Int64, reason: RevocationReasonCode) {
        self.state = state
        self.date = date
        self.reason = reason
    }

    /// `nil` where the bytes are no mark.
    init?(_ bytes: [UInt8]) {
        guard bytes.count == 17, bytes[0] == 1 else { return nil }
        func word(_ index: Int) -> UInt32 { bytes[(1 + index * 4)..<(5 + index * 4)].reduce(0) { $0 << 8 | UInt32($1) } }
        self.init(
            state: State(rawValue: word(0)),
            date: Int64(word(1)) << 32 | Int64(word(2)),
            reason: RevocationReasonCode(rawValue: word(3))
        )
    }

    /// The object as the mark leaves it.
    /// - Throws: ``RecordError/altered(_:)`` where the mark would give rights: someone else wrote it.
    func applied(to object: KeyObject) throws -> KeyObject {
        let event: Lifecycle.Event
        switch state {
        case .deactivated: event = .deactivated
        case .compromised: event = .compromised
        case .destroyed, .destroyedCompromised: event = .destroyed
        default: throw RecordError.altered(object.uniqueIdentifier)
        }
        // Revoke and then Destroy leave one mark; the object's own state allows the last step directly, or through the first.
        let after = try? Lifecycle.state(after: event, in: object.storedState)
        guard after != nil || (event == .destroyed && !object.isDestroyed) else { throw RecordError.altered(object.uniqueIdentifier) }
        var attributes = object.attributes
        let isDestroyed = state == .destroyed || state == .destroyedCompromised
        if isDestroyed { attributes.set(.destroyDate, .dateTime(date)) }
        if state == .deactivated { attributes.set(.deactivationDate, .dateTime(date)) }
        if state == .compromised { attributes.set(.compromiseDate, .dateTime(date)) }
        if !isDestroyed {
            attributes.set(.revocationReason, .structure([.init(.revocationReasonCode, .enumeration(reason.rawValue))]))
        }
        attributes.set(.lastChangeDate, .dateTime(date))
        return KeyObject(
            uniqueIdentifier: object.uniqueIdentifier,
            level: object.level,
            objectType: object.objectType,
            attributes: attributes,
            // Destroyed Compromised, where the object was destroyed before.
            state: isDestroyed ? state : after ?? state,
            material: isDestroyed ? nil : object.material,
            revision: object.revision
        )
    }
}
