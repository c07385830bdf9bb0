internal import KCMCrypto
internal import KMIP

/// Turns a failure of the cryptographic library into the Result Reason of the standard, with a text that tells no oracle.
enum CryptoFailure {
    /// Runs `body`, which must be of one operation on the client's data.
    static func guarding<R>(_ body: () throws(CryptoError) -> R) throws(OperationFailure) -> R { try result(body).get() }

    /// The same, where closures in the way do not keep the type of errors.
    static func result<R>(_ body: () throws(CryptoError) -> R) -> Result<R, OperationFailure> {
        do throws(CryptoError) { return .success(try body()) } catch { return .failure(failure(error)) }
    }

    /// What the client gets.
    static func failure(_ error: CryptoError) -> OperationFailure {
        switch error.code {
        case .authentication, .padding:
            return OperationFailure(.cryptographicFailure, "The data cannot be decrypted with this key and these parameters")
        case .length: return OperationFailure(.cryptographicFailure, "The length of the data does not fit the key, the mode and the padding")
        case .parameter:
            return OperationFailure(
                .cryptographicFailure, "The key, IV/Counter/Nonce, salt or tag has a length that the algorithm does not take")
        case .unsupported:
            return OperationFailure(.featureNotSupported, "The key and the parameters do not go together, or the algorithm is not served")
        case .lockedMemory:
            InternalFailure.report(error)
            // KMIP 1.4 has no Result Reason for a server that is short of something.
            return OperationFailure(.generalFailure, "The server has no locked memory left for keys; nothing was changed")
        default:
            InternalFailure.report(error)
            return OperationFailure(.cryptographicFailure, "The cryptographic operation failed")
        }
    }
}
