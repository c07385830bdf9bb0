internal import KMIP
internal import NIOCore

/// Answers that were encoded before the first request came, of the size that the daemon's have.
struct CannedAnswers: Sendable {
    private let byOperation: [UInt32: ByteBuffer]
    private let other: ByteBuffer

    /// - Parameter size: of the data of Encrypt and Decrypt, in bytes.
    init(size: Int) {
        let identifier = "L4-00000000-0000-4000-8000-000000000000"
        let data = ByteBuffer(repeating: 0x5A, count: size)
        let key = KeyBlock(
            keyFormatType: .raw,
            keyValue: .bytes(ByteBuffer(repeating: 0, count: 32), attributes: []),
            cryptographicAlgorithm: .aes,
            cryptographicLength: 256
        )
        let iv = ByteBuffer(repeating: 1, count: 12)
        let tag = ByteBuffer(repeating: 2, count: 16)
        let payloads: [(Operation, any ResponsePayload)] = [
            (.create, CreateResponse(objectType: .symmetricKey, uniqueIdentifier: identifier)),
            (.register, RegisterResponse(uniqueIdentifier: identifier)),
            (.activate, ActivateResponse(uniqueIdentifier: identifier)),
            (.revoke, RevokeResponse(uniqueIdentifier: identifier)),
            (.destroy, DestroyResponse(uniqueIdentifier: identifier)),
            (.get, GetResponse(objectType: .symmetricKey, uniqueIdentifier: identifier, object: .symmetricKey(key))),
            (.locate, LocateResponse(uniqueIdentifiers: [identifier])),
            (.encrypt, EncryptResponse(uniqueIdentifier: identifier, data: data, iv: iv, tag: tag)),
            (.decrypt, DecryptResponse(uniqueIdentifier: identifier, data: data)),
        ]
        var answers: [UInt32: ByteBuffer] = [:]
        for (operation, payload) in payloads { answers[operation.rawValue] = Self.answer(operation, payload) }
        byOperation = answers
        other = Self.answer(.query, ActivateResponse(uniqueIdentifier: identifier))
    }

    private static func answer(_ operation: Operation, _ payload: any ResponsePayload) -> ByteBuffer {
        var items = TTLVWriter()
        payload.encode(to: &items)
        var writer = TTLVWriter()
        let mark = writer.beginStructure(.responseMessage)
        ResponseHeader(protocolVersion: .v1_4, timeStamp: 0, batchCount: 1).encode(to: &writer)
        ResponseBatchItem(operation: operation, resultStatus: .success, payload: items.buffer).encode(to: &writer)
        writer.endStructure(mark)
        return writer.buffer
    }

    /// The answer to the first batch item of a request; its place follows from the length of the header.
    func answer(to frame: ByteBuffer) -> ByteBuffer {
        let start = frame.readerIndex + 8
        guard let headerLength = frame.getInteger(at: start + 4, as: UInt32.self) else { return other }
        // Behind the header: the batch item's own header, then the Operation's, then its value.
        guard let operation = frame.getInteger(at: start + 8 + Int(headerLength) + 16, as: UInt32.self) else { return other }
        return byOperation[operation] ?? other
    }
}
