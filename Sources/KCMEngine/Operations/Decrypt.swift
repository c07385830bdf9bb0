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

    func perform(
        with object: KeyObject,
        in engine: Engine,
        _ context: OperationContext,
        to writer: inout TTLVWriter
    ) throws(OperationFailure) -> OperationTrace {
        try BlockCipherUse.refuseStreaming(request.correlationValue, request.initIndicator, request.finalIndicator)
        let use = try BlockCipherUse(request.cryptographicParameters, for: object)
        guard var data = request.data else { throw OperationFailure(.invalidMessage, "Data is missing") }
        guard let iv = request.iv ?? (use.needsInitializationVector ? nil : ByteBuffer()) else {
            throw OperationFailure(.invalidMessage, "IV/Counter/Nonce is missing")
        }
        let additional = try use.additionalData(request.additionalData)
        var tag = ByteBuffer()
        if use.tagLength > 0 {
            // Before KMIP 1.4 a message has no field for the tag: it stands behind the ciphertext.
            if let sent = request.tag {
                guard sent.readableBytes == use.tagLength else {
                    throw OperationFailure(.cryptographicFailure, "The Authenticated Encryption Tag does not have the Tag Length")
                }
                tag = sent
            } else if context.version < .v1_4, data.readableBytes >= use.tagLength {
                tag = data.getSlice(at: data.writerIndex - use.tagLength, length: use.tagLength) ?? ByteBuffer()
                data.moveWriterIndex(to: data.writerIndex - use.tagLength)
            } else {
                throw OperationFailure(.invalidMessage, "Authenticated Encryption Tag is missing")
            }
        }

        writer.text(.uniqueIdentifier, object.uniqueIdentifier)
        let capacity = data.readableBytes
        try writer.bytes(.data, capacity: capacity) { (output) throws(OperationFailure) -> Int in
            let key = use.key
            return try use.guarding { () throws(CryptoError) in
                try data.withReadable { (data) throws(CryptoError) in
                    try iv.withReadable { (iv) throws(CryptoError) in
                        try additional.withReadable { (additional) throws(CryptoError) in
                            try tag.withReadable { (tag) throws(CryptoError) in
                                try AES.decrypt(
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
        return OperationTrace(object)
    }
}
