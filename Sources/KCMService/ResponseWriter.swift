internal import KMIP
internal import NIOCore

/// Writes whole response messages.
enum ResponseWriter {
    /// - Parameter items: a single one that nobody else holds is not copied; see ``TTLVWriter/init(headroom:)``.
    static func message(_ header: ResponseHeader, items: consuming [ResponseBatchItem]) -> ByteBuffer {
        var header = header
        header.batchCount = Int32(truncatingIfNeeded: items.count)
        if items.count == 1, let message = around(&items[0], header) { return message }
        var writer = TTLVWriter()
        let mark = writer.beginStructure(.responseMessage)
        header.encode(to: &writer)
        for item in items { item.encode(to: &writer) }
        writer.endStructure(mark)
        return writer.buffer
    }

    /// The message of one item, written around its payload where that stands.
    /// - Returns: `nil` where there is no room before it; the item is as it was then.
    private static func around(_ item: inout ResponseBatchItem, _ header: ResponseHeader) -> ByteBuffer? {
        guard var message = item.payload.take() else { return nil }
        let size = message.readableBytes
        var head = TTLVWriter()
        let mark = head.beginStructure(.responseMessage)
        header.encode(to: &head)
        item.encode(to: &head, before: size)
        head.endStructure(mark, following: size)
        if TTLVWriter.prepend(head.buffer, to: &message) { return message }
        item.payload = message
        return nil
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
