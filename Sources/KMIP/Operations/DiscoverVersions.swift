/// Asks which protocol versions the server speaks (KMIP 1.4 §4.26).
public struct DiscoverVersionsRequest: RequestPayload {
    public static var operation: Operation { .discoverVersions }

    /// What the client speaks, best first; empty: list all.
    public var protocolVersions: [ProtocolVersion]

    /// A payload of these items.
    public init(protocolVersions: [ProtocolVersion] = []) {
        self.protocolVersions = protocolVersions
    }

    public init(from reader: inout TTLVReader) throws(KMIPError) {
        var protocolVersions: [ProtocolVersion] = []
        while let item = try reader.next() {
            switch item.tag {
            case .protocolVersion: protocolVersions.append(try reader.nested(item, ProtocolVersion.init(from:)))
            default: throw .unexpected(item)
            }
        }
        self.init(protocolVersions: protocolVersions)
    }

    public func encode(to writer: inout TTLVWriter) {
        for value in protocolVersions { value.encode(to: &writer) }
    }
}

/// Lists the versions that both speak (KMIP 1.4 §4.26).
public struct DiscoverVersionsResponse: ResponsePayload {
    /// Best first.
    public var protocolVersions: [ProtocolVersion]

    /// A payload of these items.
    public init(protocolVersions: [ProtocolVersion] = []) {
        self.protocolVersions = protocolVersions
    }

    public init(from reader: inout TTLVReader) throws(KMIPError) {
        var protocolVersions: [ProtocolVersion] = []
        while let item = try reader.next() {
            switch item.tag {
            case .protocolVersion: protocolVersions.append(try reader.nested(item, ProtocolVersion.init(from:)))
            default: throw .unexpected(item)
            }
        }
        self.init(protocolVersions: protocolVersions)
    }

    public func encode(to writer: inout TTLVWriter) {
        for value in protocolVersions { value.encode(to: &writer) }
    }
}
