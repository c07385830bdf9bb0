internal import KMIP
internal import Synchronization

/// The changes of a batch that is to be done whole or not at all (Batch Error Continuation Option Undo, KMIP 1.4 §6.13): kept in memory
/// until all of its items have succeeded. A batch's items are done one after the other, and nobody else sees what is staged.
final class Staging: Sendable {
    /// One object that the batch made or changed.
    struct Entry {
        /// As it is stored; `nil` for a new one.
        let before: KeyObject?
        let after: KeyObject
    }

    private let entries = Mutex<[String: Entry]>([:])

    /// The object as the batch sees it; `nil` where the batch left it alone.
    func object(_ identifier: String) -> KeyObject? { entries.withLock { $0[identifier]?.after } }

    /// Everything staged, in the order of the identifiers.
    var all: [Entry] { entries.withLock { $0.values.sorted { $0.after.uniqueIdentifier < $1.after.uniqueIdentifier } } }

    /// The staged object that holds a name.
    func holder(of name: AttributeValue) -> KeyObject? {
        entries.withLock { entries in
            entries.values.first { !$0.after.isDestroyed && $0.after.attributes.all(.name).contains { $0.value == name } }?.after
        }
    }

    /// Whether the batch has taken a name from the object that holds it in the store.
    func hasGivenUp(_ name: AttributeValue, _ identifier: String) -> Bool {
        entries.withLock { entries in
            guard let after = entries[identifier]?.after else { return false }
            return after.isDestroyed || !after.attributes.all(.name).contains { $0.value == name }
        }
    }

    /// Takes a change over another one of the same object.
    /// - Returns: false where the change was made of another snapshot than the batch has.
    func put(_ change: ObjectChange, after: KeyObject) -> Bool {
        entries.withLock { entries in
            let identifier = after.uniqueIdentifier
            if let entry = entries[identifier] {
                guard change.before?.revision == entry.after.revision else { return false }
                entries[identifier] = Entry(before: entry.before, after: after)
            } else {
                entries[identifier] = Entry(before: change.before, after: after)
            }
            return true
        }
    }
}
