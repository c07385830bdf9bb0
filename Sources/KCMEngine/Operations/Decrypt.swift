internal import KCMCrypto
internal import KMIP
internal import NIOCore

/// Decrypt (KMIP 1.4 §4.30): straight from the request's bytes into the response's.
struct Decrypt: KeyUsingOperation {
    let request: DecryptRequest

    init(_ request: DecryptRequest) { self.request = request }

    var uniqueIdentifier: String? { request.uniqueIdentifier }
    var purpose: KeyPurpose { .decrypt }
    var usedBytes: Int { request.data?.readableBytes ?? 0 }

    func computesLong(with object: KeyObject) -> Bool {
        object.objectType != .symmetricKey || usedBytes > LongComputation.threshold
    }

    func perform(
        with object: KeyObject,
        in engine: Engine,
        _ context: OperationContext,
        to writer: inout TTLVWriter
    ) throws(OperationFailure) -> OperationTrace {
        switch try StreamStep(request.stream) {
        case .whole: try whole(object, context, to: &writer)
        case .begin: try begin(object, engine.repository.streams, context, to: &writer)
        case .next(let correlation, let isLast):
            try next(object, engine.repository.streams, context, correlation, isLast: isLast, to: &writer)
        }
        return OperationTrace(object)
    }

    /// A message in one piece.
    func whole(_ object: KeyObject, _ context: OperationContext, to writer: inout TTLVWriter) throws(OperationFailure) {
        guard object.objectType == .symmetricKey else { return try withPrivateKey(object, to: &writer) }
        let use = try BlockCipherUse(request.cryptographicParameters, for: object)
        guard let sent = request.data else { throw OperationFailure(.invalidMessage, "Data is missing") }
        let iv = try use.statedInitializationVector(request.iv)
        let additional = try use.additionalData(request.additionalData)
        let (data, tag) = try split(sent, use, context)

        writer.text(.uniqueIdentifier, object.uniqueIdentifier)
        try writer.bytes(.data, capacity: data.readableBytes) { (output) throws(OperationFailure) -> Int in
            let key = use.key
            return try CryptoFailure.guarding { () throws(CryptoError) in
                try data.withReadable { (data) throws(CryptoError) in
                    try iv.withReadable { (iv) throws(CryptoError) in
                        try additional.withReadable { (additional) throws(CryptoError) in
                            try tag.withReadable { (tag) throws(CryptoError) in
                                try use.cipher.decrypt(
                                    data,
                                    key: key.bytes,
                                    mode: use.mode,
                                    padding: use.padding,
                                    iv: iv,
                                    aad: additional,
                                    tag: tag,
                                    into: output
                                )
                            }
                        }
                    }
                }
            }
        }
    }

    /// The ciphertext and its tag. Before KMIP 1.4 a message has no field for the tag: it stands behind the ciphertext.
    private func split(
        _ sent: ByteBuffer,
        _ use: BlockCipherUse,
        _ context: OperationContext
    ) throws(OperationFailure) -> (data: ByteBuffer, tag: ByteBuffer) {
        guard use.tagLength > 0 else { return (sent, ByteBuffer()) }
        if let tag = request.tag {
            guard tag.readableBytes == use.tagLength else {
                throw OperationFailure(.cryptographicFailure, "The Authenticated Encryption Tag does not have the Tag Length")
            }
            return (sent, tag)
        }
        guard context.version < .v1_4, sent.readableBytes >= use.tagLength else {
            throw OperationFailure(.invalidMessage, "Authenticated Encryption Tag is missing")
        }
        var data = sent
        let tag = data.getSlice(at: data.writerIndex - use.tagLength, length: use.tagLength) ?? ByteBuffer()
        data.moveWriterIndex(to: data.writerIndex - use.tagLength)
        return (data, tag)
    }

    private func withPrivateKey(_ object: KeyObject, to writer: inout TTLVWriter) throws(OperationFailure) {
        let use = try PublicKeyEncryptionUse(request.cryptographicParameters, for: object)
        guard let data = request.data else { throw OperationFailure(.invalidMessage, "Data is missing") }
        writer.text(.uniqueIdentifier, object.uniqueIdentifier)
        try writer.bytes(.data, capacity: use.key.modulusSize) { (output) throws(OperationFailure) -> Int in
            try CryptoFailure.guarding { () throws(CryptoError) in
                try data.withReadable { (data) throws(CryptoError) in try use.key.decrypt(data, use.padding, into: output) }
            }
        }
    }
}
