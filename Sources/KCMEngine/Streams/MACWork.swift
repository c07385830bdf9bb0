internal import KCMCrypto
internal import KMIP
internal import NIOCore
internal import Synchronization

/// A message that is authenticated in parts.
final class MACWork: DigestingWork {
    private let stream: Mutex<MACStream>

    init(_ stream: consuming MACStream) { self.stream = Mutex(stream) }

    func update(_ data: ByteBuffer) throws(OperationFailure) {
        let done: Result<Void, OperationFailure> = stream.withLock { stream in
            CryptoFailure.result { () throws(CryptoError) in
                try data.withReadable { (data) throws(CryptoError) in try stream.update(data) }
            }
        }
        try done.get()
    }

    /// The code; the work is done then.
    func finish() throws(OperationFailure) -> [UInt8] {
        let code: Result<[UInt8], OperationFailure> = stream.withLock { stream in
            CryptoFailure.result { () throws(CryptoError) in try stream.finish() }
        }
        return try code.get()
    }
}
