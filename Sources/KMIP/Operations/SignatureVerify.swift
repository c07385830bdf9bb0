public import NIOCore

/// Asks whether a signature is a key's (KMIP 1.4 §4.32).
public struct SignatureVerifyRequest: RequestPayload {
    public static var operation: Operation { .signatureVerify }

    /// `nil`: the ID Placeholder of the batch.
    public var uniqueIdentifier: String?
    /// `nil`: those of the key.
    public var cryptographicParameters: CryptographicParameters?
    /// What was signed.
    public var data: ByteBuffer?
    /// KMIP 1.4: its digest, instead.
    public var digestedData: ByteBuffer?
    /// The signature; in a stream with its last part.
    public var signatureData: ByteBuffer?
    /// KMIP 1.3: the place in a stream.
    public var stream: StreamPart

    /// A payload of these items.
    public init(
        uniqueIdentifier: String? = nil,
        cryptographicParameters: CryptographicParameters? = nil,
        data: ByteBuffer? = nil,
        digestedData: ByteBuffer? = nil,
        signatureData: ByteBuffer? = nil,
        stream: StreamPart = StreamPart()
    ) {
        self.uniqueIdentifier = uniqueIdentifier
        self.cryptographicParameters = cryptographicParameters
        self.data = data
        self.digestedData = digestedData
        self.signatureData = signatureData
        self.stream = stream
    }

    public init(from reader: inout TTLVReader) throws(KMIPError) {
        var uniqueIdentifier: String?
        var cryptographicParameters: CryptographicParameters?
        var data: ByteBuffer?
        var digestedData: ByteBuffer?
        var signatureData: ByteBuffer?
        var stream = StreamPart()
        while let item = try reader.next() {
            switch item.tag {
            case .uniqueIdentifier where uniqueIdentifier == nil: uniqueIdentifier = try reader.text(item)
            case .cryptographicParameters where cryptographicParameters == nil:
                cryptographicParameters = try reader.nested(item, CryptographicParameters.init(from:))
            case .data where data == nil: data = try reader.bytes(item)
            case .digestedData where digestedData == nil: digestedData = try reader.bytes(item)
            case .signatureData where signatureData == nil: signatureData = try reader.bytes(item)
            case .uniqueIdentifier, .cryptographicParameters, .data, .digestedData, .signatureData: throw .duplicate(item)
            default: try stream.take(item, of: reader)
            }
        }
        self.init(
            uniqueIdentifier: uniqueIdentifier,
            cryptographicParameters: cryptographicParameters,
            data: data,
            digestedData: digestedData,
            signatureData: signatureData,
            stream: stream
        )
    }

    public func encode(to writer: inout TTLVWriter) {
        if let uniqueIdentifier { writer.text(.uniqueIdentifier, uniqueIdentifier) }
        if let cryptographicParameters { cryptographicParameters.encode(to: &writer) }
        if let data { writer.bytes(.data, data) }
        if let digestedData { writer.bytes(.digestedData, digestedData) }
        if let signatureData { writer.bytes(.signatureData, signatureData) }
        stream.encode(to: &writer)
    }
}

/// Says whether the signature matches (KMIP 1.4 §4.32).
public struct SignatureVerifyResponse: ResponsePayload {
    public var uniqueIdentifier: String
    /// Whether it matches; *Unknown* while a stream goes on.
    public var validityIndicator: ValidityIndicator
    /// What the signature itself holds, for algorithms that recover it.
    public var data: ByteBuffer?
    /// KMIP 1.3: of the stream, while it goes on.
    public var correlationValue: ByteBuffer?

    /// A payload of these items.
    public init(
        uniqueIdentifier: String,
        validityIndicator: ValidityIndicator,
        data: ByteBuffer? = nil,
        correlationValue: ByteBuffer? = nil
    ) {
        self.uniqueIdentifier = uniqueIdentifier
        self.validityIndicator = validityIndicator
        self.data = data
        self.correlationValue = correlationValue
    }

    public init(from reader: inout TTLVReader) throws(KMIPError) {
        var uniqueIdentifier: String?
        var validityIndicator: ValidityIndicator?
        var data: ByteBuffer?
        var correlationValue: ByteBuffer?
        while let item = try reader.next() {
            switch item.tag {
            case .uniqueIdentifier where uniqueIdentifier == nil: uniqueIdentifier = try reader.text(item)
            case .validityIndicator where validityIndicator == nil: validityIndicator = try reader.enumeration(item)
            case .data where data == nil: data = try reader.bytes(item)
            case .correlationValue where correlationValue == nil: correlationValue = try reader.bytes(item)
            case .uniqueIdentifier, .validityIndicator, .data, .correlationValue: throw .duplicate(item)
            default: throw .unexpected(item)
            }
        }
        guard let uniqueIdentifier else { throw .missing(.uniqueIdentifier, in: reader) }
        guard let validityIndicator else { throw .missing(.validityIndicator, in: reader) }
        self.init(uniqueIdentifier: uniqueIdentifier, validityIndicator: validityIndicator, data: data, correlationValue: correlationValue)
    }

    public func encode(to writer: inout TTLVWriter) {
        writer.text(.uniqueIdentifier, uniqueIdentifier)
        writer.enumeration(.validityIndicator, validityIndicator)
        if let data { writer.bytes(.data, data) }
        if let correlationValue { writer.bytes(.correlationValue, correlationValue) }
    }
}
