public import KMIP

/// The states of an object and what moves it between them (KMIP 1.4 §3.22, figure 1). Plain values: no clock, no store.
public enum Lifecycle {
    /// What happens to an object.
    public enum Event: Sendable, Hashable {
        case activated
        /// Revoked with a reason that is no compromise.
        case deactivated
        case compromised
        case destroyed
    }

    /// Why an event cannot happen in a state.
    public enum Refusal: Error, Sendable, Hashable {
        case notPreActive(State)
        case alreadyDestroyed
        /// Only Pre-Active and Active objects can be deactivated.
        case notInUse(State)
        /// An Active object has to be revoked first.
        case active
    }

    /// The state after an event.
    public static func state(after event: Event, in state: State) throws(Refusal) -> State {
        switch (event, state) {
        case (_, .destroyedCompromised): throw .alreadyDestroyed
        case (.compromised, .destroyed): return .destroyedCompromised
        case (_, .destroyed): throw .alreadyDestroyed
        case (.activated, .preActive): return .active
        case (.activated, _): throw .notPreActive(state)
        case (.deactivated, .active), (.deactivated, .preActive): return .deactivated
        case (.deactivated, _): throw .notInUse(state)
        case (.compromised, _): return .compromised
        case (.destroyed, .active): throw .active
        case (.destroyed, .compromised): return .destroyedCompromised
        case (.destroyed, _): return .destroyed
        }
    }

    /// The state that dates give: a Pre-Active object whose Activation Date has come is Active, an Active one whose
    /// Deactivation Date has come is Deactivated (KMIP 1.4 §3.22, transitions 4 and 6).
    public static func state(_ stored: State, activation: Int64?, deactivation: Int64?, at now: Int64) -> State {
        var state = stored
        if state == .preActive, let activation, activation <= now { state = .active }
        if state == .active, let deactivation, deactivation <= now { state = .deactivated }
        return state
    }
}
