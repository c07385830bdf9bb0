internal import KCMCrypto
internal import KMIP
internal import NIOCore

/// Encrypt (KMIP 1.4 §4.29): straight from the request's bytes into the response's.
struct Encrypt: KeyUsingOperation {
    let request: EncryptRequest

    init(_ request: EncryptRequest) { self.request = request }

    var uniqueIdentifier: String? { request.uniqueIdentifier }
    var purpose: KeyPurpose { .encrypt }
    var usedBytes: Int { request.data?.readableBytes ?? 0 }

    func perform(
        with object: KeyObject,
        in engine: Engine,
        _ context: OperationContext,
        to writer: inout TTLVWriter
    ) throws(OperationFailure) -> OperationTrace {
        try BlockCipherUse.refuseStreaming(request.correlationValue, request.initIndicator, request.finalIndicator)
        let use = try BlockCipherUse(request.cryptographicParameters, for: object)
        guard let data = request.data else { throw OperationFailure(.invalidMessage, "Data is missing") }
        let (iv, isServerMade) = try use.initializationVector(request.iv)
        let additional = try use.additionalData(request.additionalData)
        let capacity = try use.guarding { () throws(CryptoError) in
            try AES.outputSize(encrypting: data.readableBytes, mode: use.mode, padding: use.padding)
        }
        let appendsTag = use.tagLength > 0 && context.version < .v1_4

        writer.text(.uniqueIdentifier, object.uniqueIdentifier)
        var tag = (UInt64(0), UInt64(0))
        try writer.bytes(.data, capacity: capacity + (appendsTag ? use.tagLength : 0)) { (output) throws(OperationFailure) -> Int in
            let key = use.key
            let written: Result<Int, OperationFailure> = withUnsafeMutableBytes(of: &tag) { tag in
                let tag = UnsafeMutableRawBufferPointer(rebasing: tag[..<use.tagLength])
                let result = use.result { () throws(CryptoError) in
                    try data.withReadable { (data) throws(CryptoError) in
                        try iv.withReadable { (iv) throws(CryptoError) in
                            try additional.withReadable { (additional) throws(CryptoError) in
                                try AES.encrypt(
                                    data,
                                    key: key.bytes,
                                    mode: use.mode,
                                    padding: use.padding,
                                    iv: iv,
                                    aad: additional,
                                    tag: tag,
                                    into: UnsafeMutableRawBufferPointer(rebasing: output[..<capacity])
                                )
                            }
                        }
                    }
                }
                return result.map { count in
                    guard appendsTag else { return count }
                    UnsafeMutableRawBufferPointer(rebasing: output[count...]).copyMemory(from: UnsafeRawBufferPointer(tag))
                    return count + use.tagLength
                }
            }
            return try written.get()
        }
        if isServerMade { writer.bytes(.ivCounterNonce, iv) }
        if use.tagLength > 0, !appendsTag {
            withUnsafeBytes(of: &tag) { writer.bytes(.authenticatedEncryptionTag, $0[..<use.tagLength]) }
        }
        return OperationTrace(object)
    }
}
