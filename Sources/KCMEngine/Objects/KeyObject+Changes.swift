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
