internal import KCMCrypto
internal import KMIP
internal import NIOCore
internal import Synchronization

/// A message that is hashed in parts.
final class HashWork: DigestingWork {
    private let stream: Mutex<HashStream>

    init(_ hash: HashAlgorithm) throws(OperationFailure) {
        do throws(CryptoError) { stream = Mutex(try HashStream(hash)) } catch { throw CryptoFailure.failure(error) }
    }

    func update(_ data: ByteBuffer) throws(OperationFailure) {
        let done: Result<Void, OperationFailure> = stream.withLock { stream in
            CryptoFailure.result { () throws(CryptoError) in
                try data.withReadable { (data) throws(CryptoError) in try stream.update(data) }
            }
        }
        try done.get()
    }

    /// The digest; the work is done then.
    func finish() throws(OperationFailure) -> [UInt8] {
        let digest: Result<[UInt8], OperationFailure> = stream.withLock { stream in
            CryptoFailure.result { () throws(CryptoError) in try stream.finish() }
        }
        return try digest.get()
    }
}
