public import KMIP

/// Keys that never come to this daemon, and whoever has them: wraps and unwraps an object here by an Encrypt or Decrypt there.
///
/// Made for one request: it knows on whose behalf it asks. Each use is authorised on both sides and leaves a record on both.
public protocol ForeignKeys: Sendable {
    /// Has `request.data` encrypted.
    /// - Throws: what the other side answered, unchanged; *Permission Denied* where the client may not use such keys; *General
    ///   Failure* where the other side gave no answer.
    func encrypt(_ request: EncryptRequest) async throws(OperationFailure) -> EncryptResponse

    /// Has `request.data` decrypted.
    /// - Throws: as ``encrypt(_:)`` does.
    func decrypt(_ request: DecryptRequest) async throws(OperationFailure) -> DecryptResponse
}
