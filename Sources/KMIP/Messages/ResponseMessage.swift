public import NIOCore

/// A response message, as a client reads it (KMIP 1.4 §7.1). The server writes its responses item by item instead.
public struct ResponseMessage: Sendable {
    public var header: ResponseHeader
    public var items: [ResponseBatchItem]

    /// Decodes a whole message.
    public init(frame: ByteBuffer) throws(KMIPError) {
        var reader = try TTLVReader(message: frame, tag: .responseMessage)
        guard let first = try reader.next() else { throw .missing(.responseHeader, in: reader) }
        guard first.tag == .responseHeader else { throw .unexpected(first) }
        var headerReader = try reader.structure(first)
        header = try ResponseHeader(from: &headerReader)
        items = []
        while let item = try reader.next() {
            guard item.tag == .batchItem else { throw .unexpected(item) }
            var itemReader = try reader.structure(item)
            items.append(try ResponseBatchItem(from: &itemReader))
        }
        guard items.count == Int(header.batchCount) else { throw .value(first, "Batch Count does not match the items") }
    }
}
