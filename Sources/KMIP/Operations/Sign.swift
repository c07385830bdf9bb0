public import NIOCore

/// Asks to sign with a key of the server (KMIP 1.4 §4.31).
public struct SignRequest: RequestPayload {
    public static var operation: Operation { .sign }

    /// `nil`: the ID Placeholder of the batch.
    public var uniqueIdentifier: String?
    /// `nil`: those of the key.
    public var cryptographicParameters: CryptographicParameters?
    /// What is to be signed.
    public var data: ByteBuffer?
    /// KMIP 1.4: its digest, instead.
    public var digestedData: ByteBuffer?
    /// KMIP 1.3: the place in a stream.
    public var stream: StreamPart

    /// A payload of these items.
    public init(
        uniqueIdentifier: String? = nil,
        cryptographicParameters: CryptographicParameters? = nil,
        data: ByteBuffer? = nil,
        digestedData: ByteBuffer? = nil,
        stream: StreamPart = StreamPart()
    ) {
        self.uniqueIdentifier = uniqueIdentifier
        self.cryptographicParameters = cryptographicParameters
        self.data = data
        self.digestedData = digestedData
        self.stream = stream
    }

    public init(from reader: inout TTLVReader) throws(KMIPError) {
        var uniqueIdentifier: String?
        var cryptographicParameters: CryptographicParameters?
        var data: ByteBuffer?
        var digestedData: ByteBuffer?
        var stream = StreamPart()
        while let item = try reader.next() {
            switch item.tag {
            case .uniqueIdentifier where uniqueIdentifier == nil: uniqueIdentifier = try reader.text(item)
            case .cryptographicParameters where cryptographicParameters == nil:
                cryptographicParameters = try reader.nested(item, CryptographicParameters.init(from:))
            case .data where data == nil: data = try reader.bytes(item)
            case .digestedData where digestedData == nil: digestedData = try reader.bytes(item)
            case .uniqueIdentifier, .cryptographicParameters, .data, .digestedData: throw .duplicate(item)
            default: try stream.take(item, of: reader)
            }
        }
        self.init(
            uniqueIdentifier: uniqueIdentifier,
            cryptographicParameters: cryptographicParameters,
            data: data,
            digestedData: digestedData,
            stream: stream
        )
    }

    public func encode(to writer: inout TTLVWriter) {
        if let uniqueIdentifier { writer.text(.uniqueIdentifier, uniqueIdentifier) }
        if let cryptographicParameters { cryptographicParameters.encode(to: &writer) }
        if let data { writer.bytes(.data, data) }
        if let digestedData { writer.bytes(.digestedData, digestedData) }
        stream.encode(to: &writer)
    }
}

/// Holds the signature (KMIP 1.4 §4.31).
public struct SignResponse: ResponsePayload {
    public var uniqueIdentifier: String
    /// `nil` while a stream goes on.
    public var signatureData: ByteBuffer?
    /// KMIP 1.3: of the stream, while it goes on.
    public var correlationValue: ByteBuffer?

    /// A payload of these items.
    public init(uniqueIdentifier: String, signatureData: ByteBuffer? = nil, correlationValue: ByteBuffer? = nil) {
        self.uniqueIdentifier = uniqueIdentifier
        self.signatureData = signatureData
        self.correlationValue = correlationValue
    }

    public init(from reader: inout TTLVReader) throws(KMIPError) {
        var uniqueIdentifier: String?
        var signatureData: ByteBuffer?
        var correlationValue: ByteBuffer?
        while let item = try reader.next() {
            switch item.tag {
            case .uniqueIdentifier where uniqueIdentifier == nil: uniqueIdentifier = try reader.text(item)
            case .signatureData where signatureData == nil: signatureData = try reader.bytes(item)
            case .correlationValue where correlationValue == nil: correlationValue = try reader.bytes(item)
            case .uniqueIdentifier, .signatureData, .correlationValue: throw .duplicate(item)
            default: throw .unexpected(item)
            }
        }
        guard let uniqueIdentifier else { throw .missing(.uniqueIdentifier, in: reader) }
        self.init(uniqueIdentifier: uniqueIdentifier, signatureData: signatureData, correlationValue: correlationValue)
    }

    public func encode(to writer: inout TTLVWriter) {
        writer.text(.uniqueIdentifier, uniqueIdentifier)
        if let signatureData { writer.bytes(.signatureData, signatureData) }
        if let correlationValue { writer.bytes(.correlationValue, correlationValue) }
    }
}
