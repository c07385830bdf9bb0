import KCMEngine
import KMIP
import Testing

/// The state machine (KMIP 1.4 §3.22), written out: every event in every state.
@Suite struct LifecycleTests {
    private typealias Refusal = Lifecycle.Refusal

    static let table: [(Lifecycle.Event, State, State?)] = [
        (.activated, .preActive, .active), (.activated, .active, nil), (.activated, .deactivated, nil), (.activated, .compromised, nil),
        (.activated, .destroyed, nil), (.activated, .destroyedCompromised, nil),
        (.deactivated, .preActive, .deactivated), (.deactivated, .active, .deactivated), (.deactivated, .deactivated, nil),
        (.deactivated, .compromised, nil), (.deactivated, .destroyed, nil), (.deactivated, .destroyedCompromised, nil),
        (.compromised, .preActive, .compromised), (.compromised, .active, .compromised), (.compromised, .deactivated, .compromised),
        (.compromised, .compromised, .compromised), (.compromised, .destroyed, .destroyedCompromised),
        (.compromised, .destroyedCompromised, nil),
        (.destroyed, .preActive, .destroyed), (.destroyed, .active, nil), (.destroyed, .deactivated, .destroyed),
        (.destroyed, .compromised, .destroyedCompromised), (.destroyed, .destroyed, nil), (.destroyed, .destroyedCompromised, nil),
    ]

    @Test(arguments: table)
    func anEventInAState(_ event: Lifecycle.Event, _ state: State, _ after: State?) {
        #expect((try? Lifecycle.state(after: event, in: state)) == after)
    }

    @Test func datesMoveStates() {
        func state(_ stored: State, _ activation: Int64?, _ deactivation: Int64?) -> State {
            Lifecycle.state(stored, activation: activation, deactivation: deactivation, at: 100)
        }
        #expect(state(.preActive, nil, nil) == .preActive)
        #expect(state(.preActive, 101, nil) == .preActive)
        #expect(state(.preActive, 100, nil) == .active)
        #expect(state(.preActive, 50, 100) == .deactivated)
        #expect(state(.preActive, nil, 50) == .preActive)
        #expect(state(.active, nil, 101) == .active)
        #expect(state(.active, nil, 99) == .deactivated)
        #expect(state(.compromised, 1, 1) == .compromised)
    }

    @Test func anIdentifierShowsItsLevel() throws {
        for level in Level.allCases {
            let made = try UniqueIdentifier.make(level)
            #expect(UniqueIdentifier.level(of: made) == level)
            #expect(UniqueIdentifier.isWellFormed(made))
        }
        #expect(UniqueIdentifier.level(of: "L4-") == .l4)
        for text in ["", "L", "L4", "L5-x", "l4-x", "4", "x-OpenKCM"] { #expect(UniqueIdentifier.level(of: text) == nil) }
        for text in ["L4-", "L4-00000000-0000-0000-0000-00000000000G", "L4-0000000000000000000000000000000000000"] {
            #expect(!UniqueIdentifier.isWellFormed(text))
        }
    }
}
