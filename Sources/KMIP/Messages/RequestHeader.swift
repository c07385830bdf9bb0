internal import NIOCore

/// The header of a request message (KMIP 1.4 §7.2, table 258).
public struct RequestHeader: Sendable {
    public var protocolVersion: ProtocolVersion
    /// The client takes no response larger than this, in bytes.
    public var maximumResponseSize: Int32?
    /// KMIP 1.4: the client's own name for the message.
    public var clientCorrelationValue: String?
    public var serverCorrelationValue: String?
    public var asynchronousIndicator: Bool?
    public var batchErrorContinuationOption: BatchErrorContinuationOption?
    public var batchOrderOption: Bool?
    /// Seconds since 1970 UTC.
    public var timeStamp: Int64?
    public var batchCount: Int32

    public init(protocolVersion: ProtocolVersion, batchCount: Int32 = 1) {
        self.protocolVersion = protocolVersion
        self.batchCount = batchCount
    }

    /// Decodes the items of a Request Header structure. The Protocol Version is first, whatever follows.
    public init(from reader: inout TTLVReader) throws(KMIPError) {
        guard let first = try reader.next() else { throw .missing(.protocolVersion, in: reader) }
        guard first.tag == .protocolVersion else { throw .unexpected(first) }
        var versionReader = try reader.structure(first)
        self.init(protocolVersion: try ProtocolVersion(from: &versionReader), batchCount: -1)
        while let item = try reader.next() {
            switch item.tag {
            case .maximumResponseSize where maximumResponseSize == nil: maximumResponseSize = try reader.integer(item)
            case .clientCorrelationValue where clientCorrelationValue == nil: clientCorrelationValue = try reader.text(item)
            case .serverCorrelationValue where serverCorrelationValue == nil: serverCorrelationValue = try reader.text(item)
            case .asynchronousIndicator where asynchronousIndicator == nil: asynchronousIndicator = try reader.boolean(item)
            case .attestationCapableIndicator: _ = try reader.boolean(item)
            case .attestationType: _ = try reader.enumerationValue(item)
            // Credentials are checked for form and never used for access.
            case .authentication: try reader.validate(item)
            case .batchErrorContinuationOption where batchErrorContinuationOption == nil: batchErrorContinuationOption = try reader.enumeration(item)
            case .batchOrderOption where batchOrderOption == nil: batchOrderOption = try reader.boolean(item)
            case .timeStamp where timeStamp == nil: timeStamp = try reader.dateTime(item)
            case .batchCount where batchCount < 0:
                batchCount = try reader.integer(item)
                guard batchCount > 0 else { throw .value(item, "is not above zero") }
            case .maximumResponseSize, .clientCorrelationValue, .serverCorrelationValue, .asynchronousIndicator,
                .batchErrorContinuationOption, .batchOrderOption, .timeStamp, .batchCount:
                throw .duplicate(item)
            default: throw .unexpected(item)
            }
        }
        guard batchCount > 0 else { throw .missing(.batchCount, in: reader) }
    }

    /// Writes a Request Header structure in the order of the standard.
    public func encode(to writer: inout TTLVWriter) {
        let mark = writer.beginStructure(.requestHeader)
        protocolVersion.encode(to: &writer)
        if let maximumResponseSize { writer.integer(.maximumResponseSize, maximumResponseSize) }
        if let clientCorrelationValue { writer.text(.clientCorrelationValue, clientCorrelationValue) }
        if let serverCorrelationValue { writer.text(.serverCorrelationValue, serverCorrelationValue) }
        if let asynchronousIndicator { writer.boolean(.asynchronousIndicator, asynchronousIndicator) }
        if let batchErrorContinuationOption { writer.enumeration(.batchErrorContinuationOption, batchErrorContinuationOption) }
        if let batchOrderOption { writer.boolean(.batchOrderOption, batchOrderOption) }
        if let timeStamp { writer.dateTime(.timeStamp, timeStamp) }
        writer.integer(.batchCount, batchCount)
        writer.endStructure(mark)
    }
}

extension ProtocolVersion {
    /// Decodes the items of a Protocol Version structure.
    init(from reader: inout TTLVReader) throws(KMIPError) {
        var major: Int32?
        var minor: Int32?
        while let item = try reader.next() {
            switch item.tag {
            case .protocolVersionMajor: major = try reader.integer(item)
            case .protocolVersionMinor: minor = try reader.integer(item)
            default: throw .unexpected(item)
            }
        }
        guard let major else { throw .missing(.protocolVersionMajor, in: reader) }
        guard let minor else { throw .missing(.protocolVersionMinor, in: reader) }
        self.init(major: major, minor: minor)
    }

    /// Writes a Protocol Version structure.
    func encode(to writer: inout TTLVWriter) {
        let mark = writer.beginStructure(.protocolVersion)
        writer.integer(.protocolVersionMajor, major)
        writer.integer(.protocolVersionMinor, minor)
        writer.endStructure(mark)
    }
}
