public import NIOCore

/// Asks whether an authentication code is a key's (KMIP 1.4 §4.34).
public struct MACVerifyRequest: RequestPayload {
    public static var operation: Operation { .macVerify }

    /// `nil`: the ID Placeholder of the batch.
    public var uniqueIdentifier: String?
    /// `nil`: those of the key.
    public var cryptographicParameters: CryptographicParameters?
    /// What was authenticated.
    public var data: ByteBuffer?
    /// The code; in a stream with its last part.
    public var macData: ByteBuffer?
    /// KMIP 1.3: the place in a stream.
    public var stream: StreamPart

    /// A payload of these items.
    public init(
        uniqueIdentifier: String? = nil,
        cryptographicParameters: CryptographicParameters? = nil,
        data: ByteBuffer? = nil,
        macData: ByteBuffer? = nil,
        stream: StreamPart = StreamPart()
    ) {
        self.uniqueIdentifier = uniqueIdentifier
        self.cryptographicParameters = cryptographicParameters
        self.data = data
        self.macData = macData
        self.stream = stream
    }

    public init(from reader: inout TTLVReader) throws(KMIPError) {
        var uniqueIdentifier: String?
        var cryptographicParameters: CryptographicParameters?
        var data: ByteBuffer?
        var macData: ByteBuffer?
        var stream = StreamPart()
        while let item = try reader.next() {
            switch item.tag {
            case .uniqueIdentifier where uniqueIdentifier == nil: uniqueIdentifier = try reader.text(item)
            case .cryptographicParameters where cryptographicParameters == nil:
                cryptographicParameters = try reader.nested(item, CryptographicParameters.init(from:))
            case .data where data == nil: data = try reader.bytes(item)
            case .macData where macData == nil: macData = try reader.bytes(item)
            case .uniqueIdentifier, .cryptographicParameters, .data, .macData: throw .duplicate(item)
            default: try stream.take(item, of: reader)
            }
        }
        self.init(
            uniqueIdentifier: uniqueIdentifier,
            cryptographicParameters: cryptographicParameters,
            data: data,
            macData: macData,
            stream: stream
        )
    }

    public func encode(to writer: inout TTLVWriter) {
        if let uniqueIdentifier { writer.text(.uniqueIdentifier, uniqueIdentifier) }
        if let cryptographicParameters { cryptographicParameters.encode(to: &writer) }
        if let data { writer.bytes(.data, data) }
        if let macData { writer.bytes(.macData, macData) }
        stream.encode(to: &writer)
    }
}

/// Says whether the code matches (KMIP 1.4 §4.34).
public struct MACVerifyResponse: ResponsePayload {
    public var uniqueIdentifier: String
    /// Whether it matches; *Unknown* while a stream goes on.
    public var validityIndicator: ValidityIndicator
    /// KMIP 1.3: of the stream, while it goes on.
    public var correlationValue: ByteBuffer?

    /// A payload of these items.
    public init(uniqueIdentifier: String, validityIndicator: ValidityIndicator, correlationValue: ByteBuffer? = nil) {
        self.uniqueIdentifier = uniqueIdentifier
        self.validityIndicator = validityIndicator
        self.correlationValue = correlationValue
    }

    public init(from reader: inout TTLVReader) throws(KMIPError) {
        var uniqueIdentifier: String?
        var validityIndicator: ValidityIndicator?
        var correlationValue: ByteBuffer?
        while let item = try reader.next() {
            switch item.tag {
            case .uniqueIdentifier where uniqueIdentifier == nil: uniqueIdentifier = try reader.text(item)
            case .validityIndicator where validityIndicator == nil: validityIndicator = try reader.enumeration(item)
            case .correlationValue where correlationValue == nil: correlationValue = try reader.bytes(item)
            case .uniqueIdentifier, .validityIndicator, .correlationValue: throw .duplicate(item)
            default: throw .unexpected(item)
            }
        }
        guard let uniqueIdentifier else { throw .missing(.uniqueIdentifier, in: reader) }
        guard let validityIndicator else { throw .missing(.validityIndicator, in: reader) }
        self.init(uniqueIdentifier: uniqueIdentifier, validityIndicator: validityIndicator, correlationValue: correlationValue)
    }

    public func encode(to writer: inout TTLVWriter) {
        writer.text(.uniqueIdentifier, uniqueIdentifier)
        writer.enumeration(.validityIndicator, validityIndicator)
        if let correlationValue { writer.bytes(.correlationValue, correlationValue) }
    }
}
