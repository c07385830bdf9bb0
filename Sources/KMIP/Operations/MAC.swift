public import NIOCore

/// Asks to authenticate data with a key of the server (KMIP 1.4 §4.33).
public struct MACRequest: RequestPayload {
    public static var operation: Operation { .mac }

    /// `nil`: the ID Placeholder of the batch.
    public var uniqueIdentifier: String?
    /// `nil`: those of the key.
    public var cryptographicParameters: CryptographicParameters?
    /// What is to be authenticated.
    public var data: ByteBuffer?
    /// KMIP 1.3: the place in a stream.
    public var stream: StreamPart

    /// A payload of these items.
    public init(
        uniqueIdentifier: String? = nil,
        cryptographicParameters: CryptographicParameters? = nil,
        data: ByteBuffer? = nil,
        stream: StreamPart = StreamPart()
    ) {
        self.uniqueIdentifier = uniqueIdentifier
        self.cryptographicParameters = cryptographicParameters
        self.data = data
        self.stream = stream
    }

    public init(from reader: inout TTLVReader) throws(KMIPError) {
        var uniqueIdentifier: String?
        var cryptographicParameters: CryptographicParameters?
        var data: ByteBuffer?
        var stream = StreamPart()
        while let item = try reader.next() {
            switch item.tag {
            case .uniqueIdentifier where uniqueIdentifier == nil: uniqueIdentifier = try reader.text(item)
            case .cryptographicParameters where cryptographicParameters == nil:
                cryptographicParameters = try reader.nested(item, CryptographicParameters.init(from:))
            case .data where data == nil: data = try reader.bytes(item)
            case .uniqueIdentifier, .cryptographicParameters, .data: throw .duplicate(item)
            default: try stream.take(item, of: reader)
            }
        }
        self.init(uniqueIdentifier: uniqueIdentifier, cryptographicParameters: cryptographicParameters, data: data, stream: stream)
    }

    public func encode(to writer: inout TTLVWriter) {
        if let uniqueIdentifier { writer.text(.uniqueIdentifier, uniqueIdentifier) }
        if let cryptographicParameters { cryptographicParameters.encode(to: &writer) }
        if let data { writer.bytes(.data, data) }
        stream.encode(to: &writer)
    }
}

/// Holds the authentication code (KMIP 1.4 §4.33).
public struct MACResponse: ResponsePayload {
    public var uniqueIdentifier: String
    /// `nil` while a stream goes on.
    public var macData: ByteBuffer?
    /// KMIP 1.3: of the stream, while it goes on.
    public var correlationValue: ByteBuffer?

    /// A payload of these items.
    public init(uniqueIdentifier: String, macData: ByteBuffer? = nil, correlationValue: ByteBuffer? = nil) {
        self.uniqueIdentifier = uniqueIdentifier
        self.macData = macData
        self.correlationValue = correlationValue
    }

    public init(from reader: inout TTLVReader) throws(KMIPError) {
        var uniqueIdentifier: String?
        var macData: ByteBuffer?
        var correlationValue: ByteBuffer?
        while let item = try reader.next() {
            switch item.tag {
            case .uniqueIdentifier where uniqueIdentifier == nil: uniqueIdentifier = try reader.text(item)
            case .macData where macData == nil: macData = try reader.bytes(item)
            case .correlationValue where correlationValue == nil: correlationValue = try reader.bytes(item)
            case .uniqueIdentifier, .macData, .correlationValue: throw .duplicate(item)
            default: throw .unexpected(item)
            }
        }
        guard let uniqueIdentifier else { throw .missing(.uniqueIdentifier, in: reader) }
        self.init(uniqueIdentifier: uniqueIdentifier, macData: macData, correlationValue: correlationValue)
    }

    public func encode(to writer: inout TTLVWriter) {
        writer.text(.uniqueIdentifier, uniqueIdentifier)
        if let macData { writer.bytes(.macData, macData) }
        if let correlationValue { writer.bytes(.correlationValue, correlationValue) }
    }
}
