public import NIOCore

/// Asks to encrypt with a key of the server (KMIP 1.4 §4.29).
public struct EncryptRequest: RequestPayload {
    public static var operation: Operation { .encrypt }

    /// `nil`: the ID Placeholder of the batch.
    public var uniqueIdentifier: String?
    /// `nil`: those of the key, and the server's defaults where it has none.
    public var cryptographicParameters: CryptographicParameters?
    /// The plaintext.
    public var data: ByteBuffer?
    /// IV, counter or nonce.
    public var iv: ByteBuffer?
    /// KMIP 1.3: continues a stream.
    public var correlationValue: ByteBuffer?
    /// KMIP 1.3: begins a stream.
    public var initIndicator: Bool?
    /// KMIP 1.3: ends a stream.
    public var finalIndicator: Bool?
    /// KMIP 1.4: authenticated, not encrypted.
    public var additionalData: ByteBuffer?

    /// A payload of these items.
    public init(
        uniqueIdentifier: String? = nil,
        cryptographicParameters: CryptographicParameters? = nil,
        data: ByteBuffer? = nil,
        iv: ByteBuffer? = nil,
        correlationValue: ByteBuffer? = nil,
        initIndicator: Bool? = nil,
        finalIndicator: Bool? = nil,
        additionalData: ByteBuffer? = nil
    ) {
        self.uniqueIdentifier = uniqueIdentifier
        self.cryptographicParameters = cryptographicParameters
        self.data = data
        self.iv = iv
        self.correlationValue = correlationValue
        self.initIndicator = initIndicator
        self.finalIndicator = finalIndicator
        self.additionalData = additionalData
    }

    public init(from reader: inout TTLVReader) throws(KMIPError) {
        var uniqueIdentifier: String?
        var cryptographicParameters: CryptographicParameters?
        var data: ByteBuffer?
        var iv: ByteBuffer?
        var correlationValue: ByteBuffer?
        var initIndicator: Bool?
        var finalIndicator: Bool?
        var additionalData: ByteBuffer?
        while let item = try reader.next() {
            switch item.tag {
            case .uniqueIdentifier where uniqueIdentifier == nil: uniqueIdentifier = try reader.text(item)
            case .cryptographicParameters where cryptographicParameters == nil:
                cryptographicParameters = try reader.nested(item, CryptographicParameters.init(from:))
            case .data where data == nil: data = try reader.bytes(item)
            case .ivCounterNonce where iv == nil: iv = try reader.bytes(item)
            case .correlationValue where correlationValue == nil: correlationValue = try reader.bytes(item)
            case .initIndicator where initIndicator == nil: initIndicator = try reader.boolean(item)
            case .finalIndicator where finalIndicator == nil: finalIndicator = try reader.boolean(item)
            case .authenticatedEncryptionAdditionalData where additionalData == nil: additionalData = try reader.bytes(item)
            case .uniqueIdentifier,
                .cryptographicParameters,
                .data,
                .ivCounterNonce,
                .correlationValue,
                .initIndicator,
                .finalIndicator,
                .authenticatedEncryptionAdditionalData:
                throw .duplicate(item)
            default: throw .unexpected(item)
            }
        }
        self.init(
            uniqueIdentifier: uniqueIdentifier,
            cryptographicParameters: cryptographicParameters,
            data: data,
            iv: iv,
            correlationValue: correlationValue,
            initIndicator: initIndicator,
            finalIndicator: finalIndicator,
            additionalData: additionalData
        )
    }

    public func encode(to writer: inout TTLVWriter) {
        if let uniqueIdentifier { writer.text(.uniqueIdentifier, uniqueIdentifier) }
        if let cryptographicParameters { cryptographicParameters.encode(to: &writer) }
        if let data { writer.bytes(.data, data) }
        if let iv { writer.bytes(.ivCounterNonce, iv) }
        if let correlationValue { writer.bytes(.correlationValue, correlationValue) }
        if let initIndicator { writer.boolean(.initIndicator, initIndicator) }
        if let finalIndicator { writer.boolean(.finalIndicator, finalIndicator) }
        if let additionalData { writer.bytes(.authenticatedEncryptionAdditionalData, additionalData) }
    }
}

/// Holds the ciphertext (KMIP 1.4 §4.29).
public struct EncryptResponse: ResponsePayload {
    public var uniqueIdentifier: String
    /// The ciphertext.
    public var data: ByteBuffer?
    /// Only where the server made it.
    public var iv: ByteBuffer?
    public var correlationValue: ByteBuffer?
    /// KMIP 1.4: the tag of an authenticated mode; older versions append it to the data.
    public var tag: ByteBuffer?

    /// A payload of these items.
    public init(
        uniqueIdentifier: String,
        data: ByteBuffer? = nil,
        iv: ByteBuffer? = nil,
        correlationValue: ByteBuffer? = nil,
        tag: ByteBuffer? = nil
    ) {
        self.uniqueIdentifier = uniqueIdentifier
        self.data = data
        self.iv = iv
        self.correlationValue = correlationValue
        self.tag = tag
    }

    public init(from reader: inout TTLVReader) throws(KMIPError) {
        var uniqueIdentifier: String?
        var data: ByteBuffer?
        var iv: ByteBuffer?
        var correlationValue: ByteBuffer?
        var tag: ByteBuffer?
        while let item = try reader.next() {
            switch item.tag {
            case .uniqueIdentifier where uniqueIdentifier == nil: uniqueIdentifier = try reader.text(item)
            case .data where data == nil: data = try reader.bytes(item)
            case .ivCounterNonce where iv == nil: iv = try reader.bytes(item)
            case .correlationValue where correlationValue == nil: correlationValue = try reader.bytes(item)
            case .authenticatedEncryptionTag where tag == nil: tag = try reader.bytes(item)
            case .uniqueIdentifier, .data, .ivCounterNonce, .correlationValue, .authenticatedEncryptionTag: throw .duplicate(item)
            default: throw .unexpected(item)
            }
        }
        guard let uniqueIdentifier else { throw .missing(.uniqueIdentifier, in: reader) }
        self.init(uniqueIdentifier: uniqueIdentifier, data: data, iv: iv, correlationValue: correlationValue, tag: tag)
    }

    public func encode(to writer: inout TTLVWriter) {
        writer.text(.uniqueIdentifier, uniqueIdentifier)
        if let data { writer.bytes(.data, data) }
        if let iv { writer.bytes(.ivCounterNonce, iv) }
        if let correlationValue { writer.bytes(.correlationValue, correlationValue) }
        if let tag { writer.bytes(.authenticatedEncryptionTag, tag) }
    }
}
