internal import KMIP

extension Engine {
    /// A key for an operation that uses it besides its own object, to wrap or to derive: loaded, checked, and charged.
    /// - Parameters:
    ///   - sent: the identifier, `nil` for the ID Placeholder.
    ///   - bytes: what Usage Limits in bytes are charged with.
    /// - Throws: *Item Not Found*, *Object Archived*, *Permission Denied*.
    func use(_ sent: String?, for purpose: KeyPurpose, bytes: Int, in context: OperationContext) async throws(OperationFailure) -> KeyObject {
        let object = try await load(sent, context)
        try KeyUse.check(object, for: purpose, in: context)
        try await charge(object, for: purpose, bytes: bytes, in: context)
        return object
    }

    /// Counts one use against the object's Usage Limits, durably; does nothing where it has none.
    /// - Throws: *Permission Denied* where they are used up, or the key may no longer be used so.
    func charge(_ object: KeyObject, for purpose: KeyPurpose, bytes: Int, in context: OperationContext) async throws(OperationFailure) {
        guard KeyUse.isCharged(object, for: purpose) else { return }
        _ = try await change(object.uniqueIdentifier, in: context) { (object) throws(OperationFailure) in
            // Read anew: another request may have used up the rest, or revoked the key.
            try KeyUse.check(object, for: purpose, in: context)
            guard let left = try object.rules.usageLimits?.charged(bytes: bytes) else { return object }
            var attributes = object.attributes
            attributes.set(.usageLimits, left.attributeValue)
            return object.counted(attributes)
        }
    }
}
