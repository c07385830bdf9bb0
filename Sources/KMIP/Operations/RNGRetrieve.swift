public import NIOCore

/// Asks for random bytes (KMIP 1.4 §4.35).
public struct RNGRetrieveRequest: RequestPayload {
    public static var operation: Operation { .rngRetrieve }

    /// How many.
    public var dataLength: Int32

    /// A payload of these items.
    public init(dataLength: Int32) {
        self.dataLength = dataLength
    }

    public init(from reader: inout TTLVReader) throws(KMIPError) {
        var dataLength: Int32?
        while let item = try reader.next() {
            switch item.tag {
            case .dataLength where dataLength == nil: dataLength = try reader.integer(item)
            case .dataLength: throw .duplicate(item)
            default: throw .unexpected(item)
            }
        }
        guard let dataLength else { throw .missing(.dataLength, in: reader) }
        self.init(dataLength: dataLength)
    }

    public func encode(to writer: inout TTLVWriter) {
        writer.integer(.dataLength, dataLength)
    }
}

/// Holds random bytes (KMIP 1.4 §4.35).
public struct RNGRetrieveResponse: ResponsePayload {
    public var data: ByteBuffer

    /// A payload of these items.
    public init(data: ByteBuffer) {
        self.data = data
    }

    public init(from reader: inout TTLVReader) throws(KMIPError) {
        var data: ByteBuffer?
        while let item = try reader.next() {
            switch item.tag {
            case .data where data == nil: data = try reader.bytes(item)
            case .data: throw .duplicate(item)
            default: throw .unexpected(item)
            }
        }
        guard let data else { throw .missing(.data, in: reader) }
        self.init(data: data)
    }

    public func encode(to writer: inout TTLVWriter) {
        writer.bytes(.data, data)
    }
}
