public import KCMCrypto

/// L1: wraps and unwraps tenant keys under a key that never leaves it.
public protocol RootOfTrust: Sendable {
    /// Wraps a key of 16 to 64 bytes under the current version of the root key.
    /// - Returns: an opaque blob, to be given to ``unwrap(_:)`` unchanged; it names the root key's version.
    /// - Throws: `StoreError`.
    func wrap(_ key: borrowing SecretBytes) async throws -> [UInt8]

    /// Opens what ``wrap(_:)`` returned, under whichever version made it.
    /// - Throws: `StoreError`; `.corrupt` where the blob was changed or belongs to another root key.
    func unwrap(_ wrapped: [UInt8]) async throws -> SecretBytes

    /// Throws where the root of trust cannot serve now (a token removed, a key file gone).
    func checkHealth() async throws

    /// Ends the session with the root of trust.
    func close() async
}
