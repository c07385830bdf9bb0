public import NIOCore

/// Asks for the digest of data (KMIP 1.4 §4.37).
public struct HashRequest: RequestPayload {
    public static var operation: Operation { .hash }

    /// States the hash, in the first part at least.
    public var cryptographicParameters: CryptographicParameters?
    /// What is to be hashed.
    public var data: ByteBuffer?
    /// KMIP 1.3: the place in a stream.
    public var stream: StreamPart

    /// A payload of these items.
    public init(cryptographicParameters: CryptographicParameters? = nil, data: ByteBuffer? = nil, stream: StreamPart = StreamPart()) {
        self.cryptographicParameters = cryptographicParameters
        self.data = data
        self.stream = stream
    }

    public init(from reader: inout TTLVReader) throws(KMIPError) {
        var cryptographicParameters: CryptographicParameters?
        var data: ByteBuffer?
        var stream = StreamPart()
        while let item = try reader.next() {
            switch item.tag {
            case .cryptographicParameters where cryptographicParameters == nil:
                cryptographicParameters = try reader.nested(item, CryptographicParameters.init(from:))
            case .data where data == nil: data = try reader.bytes(item)
            case .cryptographicParameters, .data: throw .duplicate(item)
            default: try stream.take(item, of: reader)
            }
        }
        self.init(cryptographicParameters: cryptographicParameters, data: data, stream: stream)
    }

    public func encode(to writer: inout TTLVWriter) {
        if let cryptographicParameters { cryptographicParameters.encode(to: &writer) }
        if let data { writer.bytes(.data, data) }
        stream.encode(to: &writer)
    }
}

/// Holds the digest (KMIP 1.4 §4.37).
public struct HashResponse: ResponsePayload {
    /// `nil` while a stream goes on.
    public var data: ByteBuffer?
    /// KMIP 1.3: of the stream, while it goes on.
    public var correlationValue: ByteBuffer?

    /// A payload of these items.
    public init(data: ByteBuffer? = nil, correlationValue: ByteBuffer? = nil) {
        self.data = data
        self.correlationValue = correlationValue
    }

    public init(from reader: inout TTLVReader) throws(KMIPError) {
        var data: ByteBuffer?
        var correlationValue: ByteBuffer?
        while let item = try reader.next() {
            switch item.tag {
            case .data where data == nil: data = try reader.bytes(item)
            case .correlationValue where correlationValue == nil: correlationValue = try reader.bytes(item)
            case .data, .correlationValue: throw .duplicate(item)
            default: throw .unexpected(item)
            }
        }
        self.init(data: data, correlationValue: correlationValue)
    }

    public func encode(to writer: inout TTLVWriter) {
        if let data { writer.bytes(.data, data) }
        if let correlationValue { writer.bytes(.correlationValue, correlationValue) }
    }
}
