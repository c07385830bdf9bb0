public import NIOCore

/// Where a request stands among the requests that bring one message in parts (KMIP 1.3 and 1.4, §4.29 to §4.37): the fields that all
/// cryptographic operations have alike.
public struct StreamPart: Sendable, Hashable {
    /// Which stream is continued: a value that the server gave with the first part.
    public var correlationValue: ByteBuffer?
    /// The first part.
    public var initIndicator: Bool?
    /// The last part.
    public var finalIndicator: Bool?

    /// A part with these fields; without any the message is whole.
    public init(correlationValue: ByteBuffer? = nil, initIndicator: Bool? = nil, finalIndicator: Bool? = nil) {
        self.correlationValue = correlationValue
        self.initIndicator = initIndicator
        self.finalIndicator = finalIndicator
    }

    /// Reads one of the three fields.
    /// - Throws: ``KMIPError`` where it stands twice, is of another type, or is none of them.
    mutating func take(_ item: TTLVItem, of reader: TTLVReader) throws(KMIPError) {
        switch item.tag {
        case .correlationValue where correlationValue == nil: correlationValue = try reader.bytes(item)
        case .initIndicator where initIndicator == nil: initIndicator = try reader.boolean(item)
        case .finalIndicator where finalIndicator == nil: finalIndicator = try reader.boolean(item)
        case .correlationValue, .initIndicator, .finalIndicator: throw .duplicate(item)
        default: throw .unexpected(item)
        }
    }

    /// Writes the fields that are there, in the order of the standard.
    func encode(to writer: inout TTLVWriter) {
        if let correlationValue { writer.bytes(.correlationValue, correlationValue) }
        if let initIndicator { writer.boolean(.initIndicator, initIndicator) }
        if let finalIndicator { writer.boolean(.finalIndicator, finalIndicator) }
    }
}

extension EncryptRequest {
    /// Its place in a stream.
    public var stream: StreamPart {
        StreamPart(correlationValue: correlationValue, initIndicator: initIndicator, finalIndicator: finalIndicator)
    }
}

extension DecryptRequest {
    /// Its place in a stream.
    public var stream: StreamPart {
        StreamPart(correlationValue: correlationValue, initIndicator: initIndicator, finalIndicator: finalIndicator)
    }
}
