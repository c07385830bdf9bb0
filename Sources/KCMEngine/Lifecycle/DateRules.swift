internal import KMIP

/// What may become of the dates that rule an object's use (KMIP 1.4 §3.24 to §3.27).
enum DateRules {
    /// Whether a client may give or change a date in the object's state now.
    /// - Throws: *Permission Denied*.
    static func checkChange(_ name: AttributeName, of object: KeyObject, at now: Int64) throws(OperationFailure) {
        let state = object.state(at: now)
        let mayChange: Bool
        switch name {
        case .activationDate: mayChange = state == .preActive
        case .deactivationDate: mayChange = state == .preActive || state == .active
        case .processStartDate, .protectStopDate:
            let hasCome = object.attributes.date(name).map { $0 <= now } ?? false
            mayChange = (state == .preActive || state == .active) && !hasCome
        default: return
        }
        guard mayChange else {
            throw OperationFailure(.permissionDenied, "The \(name) of an object that is \(state) cannot be changed any more")
        }
    }

    /// The dates follow one another.
    /// - Throws: *Invalid Field*.
    static func checkOrder(_ attributes: AttributeSet) throws(OperationFailure) {
        func check(_ early: AttributeName, _ late: AttributeName) throws(OperationFailure) {
            guard let first = attributes.date(early), let second = attributes.date(late), first > second else { return }
            throw OperationFailure(.invalidField, "The \(late) precedes the \(early)")
        }
        try check(.activationDate, .processStartDate)
        try check(.activationDate, .deactivationDate)
        try check(.protectStopDate, .deactivationDate)
    }
}
