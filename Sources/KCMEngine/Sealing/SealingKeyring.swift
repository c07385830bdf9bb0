public import KMIP

/// Gives the engine the sealing keys of a tenant. Core answers from its L2 keys, Edge from keys that Core opened.
public protocol SealingKeyring: Sendable {
    /// The keys, where they are open now. Never waits: asked on event loops.
    func open(_ tenant: String) -> TenantKeys?

    /// The keys, opened or made where that is needed.
    /// - Throws: `OperationFailure` with a message that says what stands in the way.
    func keys(of tenant: String) async throws(OperationFailure) -> TenantKeys
}
