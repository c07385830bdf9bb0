internal import KMIP

/// Whether a key may do a thing now: archive, state, dates, usage mask and usage limits (KMIP 1.4 §3.19 to §3.27). Every use of a
/// key goes through here: ``KeyUsingOperation`` does it by itself, everything else calls ``Engine/use(_:for:bytes:in:)``.
enum KeyUse {
    /// Throws *Object Archived*, *Permission Denied* or *Illegal Operation* with what stands in the way.
    static func check(_ object: KeyObject, for purpose: KeyPurpose, in context: OperationContext) throws(OperationFailure) {
        let now = context.now
        let rules = object.rules
        try requireOnLine(object)
        let state = object.state(at: now)
        // What a key protected it may process after its time, but a key that never was Active protected nothing: revoking it,
        // which anyone who can write to the store can feign, must not bring it into use.
        let wasActive = rules.activationDate.map { $0 <= now } ?? false
        switch (purpose.side, state) {
        case (_, .active): break
        case (.process, .deactivated) where wasActive && !context.requiresActive: break
        case (.process, .compromised) where wasActive && !context.requiresActive: break
        case (_, .destroyed), (_, .destroyedCompromised):
            throw OperationFailure(.permissionDenied, "The object is destroyed")
        case (_, .preActive): throw OperationFailure(.permissionDenied, "The object is Pre-Active; activate it first")
        default:
            let text = context.requiresActive ? "The object is \(state), not Active" : "The object is \(state); it can no longer protect data"
            throw OperationFailure(.permissionDenied, text)
        }
        switch purpose.side {
        case .protect:
            if let stop = rules.protectStopDate, stop <= now {
                throw OperationFailure(.permissionDenied, "The Protect Stop Date of the object has passed")
            }
        case .process:
            if let start = rules.processStartDate, start > now {
                throw OperationFailure(.permissionDenied, "The Process Start Date of the object has not come")
            }
        }
        guard rules.usageMask.isSuperset(of: purpose.mask) else {
            throw OperationFailure(.permissionDenied, "The Cryptographic Usage Mask of the object does not allow this operation")
        }
    }

    /// Throws *Object Archived* for an object that has to be recovered first (KMIP 1.4 §4.22).
    static func requireOnLine(_ object: KeyObject) throws(OperationFailure) {
        if object.rules.isArchived { throw OperationFailure(.objectArchived, "The object is in archival storage; recover it first") }
    }

    /// Whether a use has to be counted, durably, before its result may leave.
    static func isCharged(_ object: KeyObject, for purpose: KeyPurpose) -> Bool {
        purpose.isCharged && object.rules.usageLimits != nil
    }
}
