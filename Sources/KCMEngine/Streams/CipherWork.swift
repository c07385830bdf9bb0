internal import KCMCrypto
internal import KMIP
internal import NIOCore
internal import Synchronization

/// A message that a block cipher works on in parts; each part of the answer goes straight into the response.
final class CipherWork: StreamWork {
    private let stream: Mutex<CipherStream>
    private let tagLength: Int
    /// Of a part's answer beyond the part itself, in bytes.
    private let slack: Int

    init(_ use: BlockCipherUse, iv: ByteBuffer, additional: ByteBuffer, encrypts: Bool) throws(OperationFailure) {
        tagLength = use.tagLength
        slack = 2 * use.cipher.blockSize
        do throws(CryptoError) {
            stream = Mutex(
                try CipherStream(
                    use.cipher, key: use.key.bytes, mode: use.mode, padding: use.padding, iv: Array(iv.readableBytesView),
                    aad: Array(additional.readableBytesView), tagLength: use.tagLength, encrypts: encrypts
                )
            )
        } catch { throw CryptoFailure.failure(error) }
    }

    /// Works on a part and writes Data, unless there is nothing to write yet.
    func update(_ data: ByteBuffer, to writer: inout TTLVWriter) throws(OperationFailure) {
        try write(to: &writer, capacity: data.readableBytes + slack) { output in
            self.stream.withLock { stream in
                CryptoFailure.result { () throws(CryptoError) in
                    try data.withReadable { (data) throws(CryptoError) in try stream.update(data, into: output) }
                }
            }
        }
    }

    /// Works on the last part and writes Data, unless there is nothing to write.
    /// - Parameter appendsTag: the tag stands behind the ciphertext, since the version has no field for it.
    /// - Returns: the tag, where it is not appended.
    func finish(_ data: ByteBuffer, appendsTag: Bool, to writer: inout TTLVWriter) throws(OperationFailure) -> [UInt8] {
        var tag = [UInt8](repeating: 0, count: tagLength)
        try write(to: &writer, capacity: data.readableBytes + slack + tagLength) { output in
            let written: Result<Int, OperationFailure> = self.stream.withLock { stream in
                CryptoFailure.result { () throws(CryptoError) in
                    try data.withReadable { (data) throws(CryptoError) in
                        try tag.withUnsafeMutableBytes { tag -> Result<Int, CryptoError> in
                            do throws(CryptoError) { return .success(try stream.finish(data, tag: tag, into: output)) } catch {
                                return .failure(error)
                            }
                        }.get()
                    }
                }
            }
            return written.map { count in
                guard appendsTag else { return count }
                UnsafeMutableRawBufferPointer(rebasing: output[count...]).copyBytes(from: tag)
                return count + tag.count
            }
        }
        return appendsTag ? [] : tag
    }

    private func write(
        to writer: inout TTLVWriter,
        capacity: Int,
        _ body: (UnsafeMutableRawBufferPointer) -> Result<Int, OperationFailure>
    ) throws(OperationFailure) {
        let mark = writer.count
        var count = 0
        try writer.bytes(.data, capacity: capacity) { (output) throws(OperationFailure) -> Int in
            count = try body(output).get()
            return count
        }
        if count == 0 { writer.rewind(to: mark) }
    }
}
