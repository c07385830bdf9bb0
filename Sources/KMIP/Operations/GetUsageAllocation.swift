/// Takes a share of an object's Usage Limits for the client's own use (KMIP 1.4 §4.18).
public struct GetUsageAllocationRequest: RequestPayload {
    public static var operation: Operation { .getUsageAllocation }

    /// `nil`: the ID Placeholder of the batch.
    public var uniqueIdentifier: String?
    /// In the unit of the Usage Limits.
    public var usageLimitsCount: Int64

    /// A payload of these items.
    public init(uniqueIdentifier: String? = nil, usageLimitsCount: Int64) {
        self.uniqueIdentifier = uniqueIdentifier
        self.usageLimitsCount = usageLimitsCount
    }

    public init(from reader: inout TTLVReader) throws(KMIPError) {
        var uniqueIdentifier: String?
        var usageLimitsCount: Int64?
        while let item = try reader.next() {
            switch item.tag {
            case .uniqueIdentifier where uniqueIdentifier == nil: uniqueIdentifier = try reader.text(item)
            case .usageLimitsCount where usageLimitsCount == nil: usageLimitsCount = try reader.longInteger(item)
            case .uniqueIdentifier, .usageLimitsCount: throw .duplicate(item)
            default: throw .unexpected(item)
            }
        }
        guard let usageLimitsCount else { throw .missing(.usageLimitsCount, in: reader) }
        self.init(uniqueIdentifier: uniqueIdentifier, usageLimitsCount: usageLimitsCount)
    }

    public func encode(to writer: inout TTLVWriter) {
        if let uniqueIdentifier { writer.text(.uniqueIdentifier, uniqueIdentifier) }
        writer.longInteger(.usageLimitsCount, usageLimitsCount)
    }
}

/// The share is granted (KMIP 1.4 §4.18).
public struct GetUsageAllocationResponse: IdentifierResponse {
    public var uniqueIdentifier: String

    /// A payload of these items.
    public init(uniqueIdentifier: String) {
        self.uniqueIdentifier = uniqueIdentifier
    }
}
