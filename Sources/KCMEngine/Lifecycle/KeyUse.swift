internal import KMIP

/// Whether a key may do a thing now: state, dates and usage mask (KMIP 1.4 §3.19, §3.22 to §3.27).
enum KeyUse {
    /// What a key is about to be used for.
    enum Purpose {
        /// Encrypt, Sign, Wrap: ends with the Protect Stop Date, needs an Active key.
        case protect
        /// Decrypt, Verify, Unwrap: also done by Deactivated and Compromised keys, from the Process Start Date on.
        case process
    }

    /// Throws *Permission Denied* or *Illegal Operation* with what stands in the way.
    static func check(
        _ object: KeyObject,
        for purpose: Purpose,
        needing mask: CryptographicUsageMask,
        in context: OperationContext
    ) throws(OperationFailure) {
        let now = context.now
        let rules = object.rules
        let state = object.state(at: now)
        // What a key protected it may process after its time, but a key that never was Active protected nothing: revoking it,
        // which anyone who can write to the store can feign, must not bring it into use.
        let wasActive = rules.activationDate.map { $0 <= now } ?? false
        switch (purpose, state) {
        case (_, .active): break
        case (.process, .deactivated) where wasActive && !context.requiresActive: break
        case (.process, .compromised) where wasActive && !context.requiresActive: break
        case (_, .destroyed), (_, .destroyedCompromised):
            throw OperationFailure(.permissionDenied, "The object is destroyed")
        case (_, .preActive): throw OperationFailure(.permissionDenied, "The object is Pre-Active; activate it first")
        default: throw OperationFailure(.permissionDenied, context.requiresActive ? "The object is \(state), not Active" : "The object is \(state); it can no longer protect data")
        }
        switch purpose {
        case .protect:
            if let stop = rules.protectStopDate, stop <= now {
                throw OperationFailure(.permissionDenied, "The Protect Stop Date of the object has passed")
            }
        case .process:
            if let start = rules.processStartDate, start > now {
                throw OperationFailure(.permissionDenied, "The Process Start Date of the object has not come")
            }
        }
        guard rules.usageMask.isSuperset(of: mask) else {
            throw OperationFailure(.permissionDenied, "The Cryptographic Usage Mask of the object does not allow this operation")
        }
    }
}
