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
    /// A failed item. A Result Reason that the version does not have yet becomes *Permission Denied*, what it was called before.
    init(_ operation: KMIP.Operation?, _ identifier: ByteBuffer?, failed failure: OperationFailure, in version: ProtocolVersion = .v1_4) {
        let isKnown = (failure.reason.since ?? .v1_0) <= version
        self.init(
            operation: operation,
            uniqueBatchItemID: identifier,
            resultStatus: .operationFailed,
            resultReason: isKnown ? failure.reason : .permissionDenied,
            resultMessage: failure.message
        )
    }
}
