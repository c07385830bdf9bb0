public import NIOCore

/// One item of a response (KMIP 1.4 §7.2).
public struct ResponseBatchItem: Sendable {
    public var operation: Operation?
    public var uniqueBatchItemID: ByteBuffer?
    public var resultStatus: ResultStatus
    /// Required on failure.
    public var resultReason: ResultReason?
    public var resultMessage: String?
    /// The items inside the Response Payload structure; `nil` on failure.
    public var payload: ByteBuffer?

    public init(
        operation: Operation?,
        uniqueBatchItemID: ByteBuffer? = nil,
        resultStatus: ResultStatus,
        resultReason: ResultReason? = nil,
        resultMessage: String? = nil,
        payload: ByteBuffer? = nil
    ) {
        self.operation = operation
        self.uniqueBatchItemID = uniqueBatchItemID
        self.resultStatus = resultStatus
        self.resultReason = resultReason
        self.resultMessage = resultMessage
        self.payload = payload
    }

    /// Decodes the items of a Batch Item structure, without looking into the payload.
    public init(from reader: inout TTLVReader) throws(KMIPError) {
        self.init(operation: nil, resultStatus: .operationFailed)
        var status: ResultStatus?
        while let item = try reader.next() {
            switch item.tag {
            case .operation: operation = try reader.enumeration(item)
            case .uniqueBatchItemID: uniqueBatchItemID = try reader.bytes(item)
            case .resultStatus: status = try reader.enumeration(item)
            case .resultReason: resultReason = try reader.enumeration(item)
            case .resultMessage: resultMessage = try reader.text(item)
            case .asynchronousCorrelationValue: _ = try reader.bytes(item)
            case .responsePayload: payload = try reader.structure(item).allItems
            case .messageExtension: try reader.validate(item)
            default: throw .unexpected(item)
            }
        }
        guard let status else { throw .missing(.resultStatus, in: reader) }
        resultStatus = status
    }

    /// Writes a Batch Item structure in the order of the standard.
    public func encode(to writer: inout TTLVWriter) {
        encode(to: &writer, before: payload?.readableBytes)
        if let payload { writer.raw(payload) }
    }

    /// Room enough, in bytes, before a payload for what stands there in a message of one item, unless its Unique Batch Item ID is long.
    public static let headroom = 512

    /// Writes a Batch Item structure up to the items of its payload, which have `size` bytes and are to stand right behind; `nil` for none.
    public func encode(to writer: inout TTLVWriter, before size: Int?) {
        let mark = writer.beginStructure(.batchItem)
        if let operation { writer.enumeration(.operation, operation) }
        if let uniqueBatchItemID { writer.bytes(.uniqueBatchItemID, uniqueBatchItemID) }
        writer.enumeration(.resultStatus, resultStatus)
        if let resultReason { writer.enumeration(.resultReason, resultReason) }
        if let resultMessage { writer.text(.resultMessage, resultMessage) }
        if let size { writer.endStructure(writer.beginStructure(.responsePayload), following: size) }
        writer.endStructure(mark, following: size ?? 0)
    }
}
