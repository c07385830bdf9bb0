internal import KMIP
internal import NIOCore

/// Writes whole response messages.
enum ResponseWriter {
    static func message(_ header: ResponseHeader, items: [ResponseBatchItem]) -> ByteBuffer {
        var header = header
        header.batchCount = Int32(truncatingIfNeeded: items.count)
        var writer = TTLVWriter()
        let mark = writer.beginStructure(.responseMessage)
        header.encode(to: &writer)
        for item in items { item.encode(to: &writer) }
        writer.endStructure(mark)
        return writer.buffer
    }
}

extension ResponseBatchItem {
    /// A failed item, its Result Reason one that the version has.
    init(_ operation: KMIP.Operation?, _ identifier: ByteBuffer?, failed failure: OperationFailure, in version: ProtocolVersion) {
        self.init(
            operation: operation,
            uniqueBatchItemID: identifier,
            resultStatus: .operationFailed,
            resultReason: Vocabulary(version).reason(failure.reason),
            resultMessage: failure.message
        )
    }
}
