internal import NIOCore

/// The header of a response message (KMIP 1.4 §7.2, table 259).
public struct ResponseHeader: Sendable {
    public var protocolVersion: ProtocolVersion
    /// Seconds since 1970 UTC.
    public var timeStamp: Int64
    /// KMIP 1.4; left out of older responses.
    public var clientCorrelationValue: String?
    /// KMIP 1.4; left out of older responses.
    public var serverCorrelationValue: String?
    public var batchCount: Int32

    public init(protocolVersion: ProtocolVersion, timeStamp: Int64, batchCount: Int32) {
        self.protocolVersion = protocolVersion
        self.timeStamp = timeStamp
        self.batchCount = batchCount
    }

    /// Decodes the items of a Response Header structure.
    public init(from reader: inout TTLVReader) throws(KMIPError) {
        guard let first = try reader.next() else { throw .missing(.protocolVersion, in: reader) }
        guard first.tag == .protocolVersion else { throw .unexpected(first) }
        var versionReader = try reader.structure(first)
        self.init(protocolVersion: try ProtocolVersion(from: &versionReader), timeStamp: 0, batchCount: -1)
        while let item = try reader.next() {
            switch item.tag {
            case .timeStamp: timeStamp = try reader.dateTime(item)
            case .clientCorrelationValue: clientCorrelationValue = try reader.text(item)
            case .serverCorrelationValue: serverCorrelationValue = try reader.text(item)
            case .nonce, .attestationType: try reader.validate(item)
            case .batchCount: batchCount = try reader.integer(item)
            default: throw .unexpected(item)
            }
        }
        guard batchCount >= 0 else { throw .missing(.batchCount, in: reader) }
    }

    /// Writes a Response Header structure with what its version defines.
    public func encode(to writer: inout TTLVWriter) {
        let mark = writer.beginStructure(.responseHeader)
        protocolVersion.encode(to: &writer)
        writer.dateTime(.timeStamp, timeStamp)
        if protocolVersion >= .v1_4 {
            if let clientCorrelationValue { writer.text(.clientCorrelationValue, clientCorrelationValue) }
            if let serverCorrelationValue { writer.text(.serverCorrelationValue, serverCorrelationValue) }
        }
        writer.integer(.batchCount, batchCount)
        writer.endStructure(mark)
    }
}
