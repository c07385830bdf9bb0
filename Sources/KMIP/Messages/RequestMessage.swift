public import NIOCore

/// A request message: a header and its batch items (KMIP 1.4 §7.1).
public struct RequestMessage: Sendable {
    public var header: RequestHeader
    public var items: [RequestBatchItem]

    public init(header: RequestHeader, items: [RequestBatchItem]) {
        self.header = header
        self.items = items
    }

    /// Decodes a whole message.
    /// - Parameters:
    ///   - frame: all of the message and nothing else.
    ///   - maximumItems: a Batch Count over this is refused before any item is read.
    /// - Throws: ``KMIPError``. Where the header could be read, ``header(of:)`` still gives it, for the answer.
    public init(frame: ByteBuffer, maximumItems: Int) throws(KMIPError) {
        var reader = try TTLVReader(message: frame, tag: .requestMessage)
        guard let first = try reader.next() else { throw .missing(.requestHeader, in: reader) }
        guard first.tag == .requestHeader else { throw .unexpected(first) }
        var headerReader = try reader.structure(first)
        header = try RequestHeader(from: &headerReader)
        guard header.batchCount <= maximumItems else { throw .value(first, "Batch Count is over the limit of \(maximumItems)") }
        items = []
        items.reserveCapacity(Int(header.batchCount))
        while let item = try reader.next() {
            guard item.tag == .batchItem else { throw .unexpected(item) }
            guard items.count < Int(header.batchCount) else { throw .value(item, "more batch items than Batch Count says") }
            var itemReader = try reader.structure(item)
            var batchItem = try RequestBatchItem(from: &itemReader)
            batchItem.place.position = items.count + 1
            items.append(batchItem)
        }
        guard items.count == Int(header.batchCount) else { throw .value(first, "fewer batch items than Batch Count says") }
        if items.count > 1, items.contains(where: { $0.uniqueBatchItemID == nil }), header.protocolVersion >= .v1_4 {
            // KMIP 1.4 §6.4 requires it when the count is above 1; older clients in the field leave it out and rely on order.
            throw .missing(.uniqueBatchItemID, in: reader)
        }
    }

    /// The Protocol Version alone, of a message whose header may hold what no version up to 1.4 has; `nil` where it is not the
    /// first item of a header.
    public static func version(of frame: ByteBuffer) -> ProtocolVersion? {
        guard var reader = try? TTLVReader(message: frame, tag: .requestMessage), let header = try? reader.next(),
            header.tag == .requestHeader, var fields = try? reader.structure(header), let first = try? fields.next(),
            first.tag == .protocolVersion, var version = try? fields.structure(first)
        else { return nil }
        return try? ProtocolVersion(from: &version)
    }

    /// The header alone, of a message whose items may be malformed; `nil` where the header itself cannot be read.
    public static func header(of frame: ByteBuffer) -> RequestHeader? {
        guard var reader = try? TTLVReader(message: frame, tag: .requestMessage), let first = try? reader.next(),
            first.tag == .requestHeader, var headerReader = try? reader.structure(first)
        else { return nil }
        return try? RequestHeader(from: &headerReader)
    }

    /// Writes the whole message; the Batch Count is that of the items.
    public func encode(to writer: inout TTLVWriter) {
        var header = header
        header.batchCount = Int32(truncatingIfNeeded: items.count)
        let mark = writer.beginStructure(.requestMessage)
        header.encode(to: &writer)
        for item in items { item.encode(to: &writer) }
        writer.endStructure(mark)
    }
}

extension RequestMessage {
    /// A message of one operation, as most clients send it.
    public init(_ payload: some RequestPayload, version: ProtocolVersion) {
        var writer = TTLVWriter()
        payload.encode(to: &writer)
        self.init(
            header: RequestHeader(protocolVersion: version),
            items: [RequestBatchItem(operation: type(of: payload).operation, payload: writer.buffer)]
        )
    }

    /// The message as a frame of its own.
    public var frame: ByteBuffer {
        var writer = TTLVWriter()
        encode(to: &writer)
        return writer.buffer
    }
}
