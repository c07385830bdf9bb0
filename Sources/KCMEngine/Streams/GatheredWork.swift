internal import KCMCrypto
internal import KMIP
internal import NIOCore
internal import Synchronization

/// A message that is gathered until its last part, for what cannot be worked on in parts: modes that need all of it, RSA, and
/// authenticated decryption, whose plaintext is not to be seen before the tag was checked.
final class GatheredWork<Request: Sendable>: StreamWork {
    /// The request of the first part, without its data.
    let first: Request
    private let bytes: Mutex<GatheredBytes>

    init(_ first: Request, limit: Int) {
        self.first = first
        bytes = Mutex(GatheredBytes(limit: limit))
    }

    static var gathers: Bool { true }
    var heldBytes: Int { bytes.withLock { $0.count } }

    /// Adds a part.
    /// - Throws: *Invalid Field* where the message is longer than what is gathered here.
    func append(_ data: ByteBuffer) throws(OperationFailure) {
        let done: Result<Void, CryptoError> = bytes.withLock { bytes in
            do throws(CryptoError) {
                return .success(try data.withReadable { (data) throws(CryptoError) in try bytes.append(data) })
            } catch { return .failure(error) }
        }
        if case .failure = done {
            throw OperationFailure(.invalidField, "A message in parts is longer than the server gathers for this key and these parameters")
        }
    }

    /// The whole message.
    func message() -> ByteBuffer { bytes.withLock { bytes in bytes.withUnsafeBytes { ByteBuffer(bytes: $0) } } }
}
