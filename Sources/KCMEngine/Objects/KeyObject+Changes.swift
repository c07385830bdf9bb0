internal import KMIP

extension KeyObject {
    /// The same object with another revision.
    func with(revision: UInt64) -> KeyObject {
        KeyObject(
            uniqueIdentifier: uniqueIdentifier,
            level: level,
            objectType: objectType,
            attributes: attributes,
            state: storedState,
            material: material,
            revision: revision
        )
    }

    /// The object changed: other attributes and state, and no material once destroyed.
    func changed(_ attributes: AttributeSet, state: State, now: Int64) -> KeyObject {
        var attributes = attributes
        attributes.set(.lastChangeDate, .dateTime(now))
        return KeyObject(
            uniqueIdentifier: uniqueIdentifier,
            level: level,
            objectType: objectType,
            attributes: attributes,
            state: state,
            material: state == .destroyed || state == .destroyedCompromised ? nil : material,
            revision: revision
        )
    }

    /// The object with other attributes, and the state that its dates give then.
    func changed(_ attributes: AttributeSet, now: Int64) -> KeyObject {
        let state = Lifecycle.state(
            state(at: now),
            activation: attributes.date(.activationDate),
            deactivation: attributes.date(.deactivationDate),
            at: now
        )
        return changed(attributes, state: state, now: now)
    }

    /// The object after a use was counted: that is no change of it (KMIP 1.4 §3.38, Last Change Date).
    func counted(_ attributes: AttributeSet) -> KeyObject {
        KeyObject(
            uniqueIdentifier: uniqueIdentifier,
            level: level,
            objectType: objectType,
            attributes: attributes,
            state: storedState,
            material: material,
            revision: revision
        )
    }
}
