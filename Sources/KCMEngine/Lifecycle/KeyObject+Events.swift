internal import KMIP

extension KeyObject {
    /// The object after an event, with the dates that the event sets (KMIP 1.4 §3.22 to §3.30).
    /// - Parameters:
    ///   - now: seconds since 1970 UTC.
    ///   - change: sets what else the operation brings.
    /// - Throws: *Permission Denied* or *Illegal Operation* where the state does not allow the event.
    func after(
        _ event: Lifecycle.Event,
        at now: Int64,
        _ change: (inout AttributeSet) -> Void = { _ in }
    ) throws(OperationFailure) -> KeyObject {
        let state: State
        do throws(Lifecycle.Refusal) { state = try Lifecycle.state(after: event, in: self.state(at: now)) } catch { throw error.failure }
        var attributes = attributes
        switch event {
        case .activated: attributes.set(.activationDate, .dateTime(now))
        case .deactivated: attributes.set(.deactivationDate, .dateTime(now))
        case .compromised: attributes.set(.compromiseDate, .dateTime(now))
        case .destroyed: attributes.set(.destroyDate, .dateTime(now))
        }
        change(&attributes)
        return changed(attributes, state: state, now: now)
    }
}

extension Lifecycle.Refusal {
    /// What the client gets.
    var failure: OperationFailure {
        switch self {
        case .notPreActive(let state): OperationFailure(.permissionDenied, "The object is \(state), and only a Pre-Active one can be activated")
        case .alreadyDestroyed: OperationFailure(.permissionDenied, "The object is destroyed")
        case .notInUse(let state): OperationFailure(.illegalOperation, "The object is \(state) already")
        case .active: OperationFailure(.permissionDenied, "The object is Active; revoke it before it is destroyed")
        }
    }
}
