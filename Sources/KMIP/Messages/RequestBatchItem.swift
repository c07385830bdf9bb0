public import NIOCore

/// One item of a request (KMIP 1.4 §7.2). The payload stays a slice of the message until its operation reads it.
public struct RequestBatchItem: Sendable {
    public var operation: Operation
    /// Echoed in the response; 1 to 64 bytes in practice, any length taken.
    public var uniqueBatchItemID: ByteBuffer?
    /// The items inside the Request Payload structure.
    public var payload: ByteBuffer
    /// Where the payload stood in the message, for error texts.
    public internal(set) var place = Place()
    /// A Message Extension marked critical that this codec does not know: the item must fail (KMIP 1.4 §6.16).
    public var hasUnknownCriticalExtension = false

    /// Where a payload stood in its message.
    public struct Place: Sendable, Hashable {
        /// The item's position in the batch, from 1.
        var position = 1
        /// Byte offset of the payload's first item.
        var offset = 0
    }

    public init(operation: Operation, uniqueBatchItemID: ByteBuffer? = nil, payload: ByteBuffer) {
        self.operation = operation
        self.uniqueBatchItemID = uniqueBatchItemID
        self.payload = payload
    }

    /// Decodes the items of a Batch Item structure, without looking into the payload.
    public init(from reader: inout TTLVReader) throws(KMIPError) {
        var operation: Operation?
        var payload: ByteBuffer?
        var identifier: ByteBuffer?
        var critical = false
        var offset = 0
        while let item = try reader.next() {
            switch item.tag {
            case .operation where operation == nil: operation = try reader.enumeration(item)
            case .uniqueBatchItemID where identifier == nil: identifier = try reader.bytes(item)
            case .requestPayload where payload == nil:
                let fields = try reader.structure(item)
                offset = fields.start
                payload = fields.allItems
            case .messageExtension: critical = try Self.isCritical(item, of: reader) || critical
            case .operation, .uniqueBatchItemID, .requestPayload: throw .duplicate(item)
            default: throw .unexpected(item)
            }
        }
        guard let operation else { throw .missing(.operation, in: reader) }
        guard let payload else { throw .missing(.requestPayload, in: reader) }
        self.init(operation: operation, uniqueBatchItemID: identifier, payload: payload)
        hasUnknownCriticalExtension = critical
        place.offset = offset
    }

    private static func isCritical(_ item: TTLVItem, of reader: TTLVReader) throws(KMIPError) -> Bool {
        var fields = try reader.structure(item)
        var critical = false
        while let field = try fields.next() {
            if field.tag == .criticalityIndicator { critical = try fields.boolean(field) } else { try fields.validate(field) }
        }
        return critical
    }

    /// Writes a Batch Item structure.
    public func encode(to writer: inout TTLVWriter) {
        let mark = writer.beginStructure(.batchItem)
        writer.enumeration(.operation, operation)
        if let uniqueBatchItemID { writer.bytes(.uniqueBatchItemID, uniqueBatchItemID) }
        let payloadMark = writer.beginStructure(.requestPayload)
        writer.raw(payload)
        writer.endStructure(payloadMark)
        writer.endStructure(mark)
    }
}
