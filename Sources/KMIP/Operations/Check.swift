/// Asks whether an object may be used so (KMIP 1.4 §4.10).
public struct CheckRequest: RequestPayload {
    public static var operation: Operation { .check }

    /// `nil`: the ID Placeholder of the batch.
    public var uniqueIdentifier: String?
    public var usageLimitsCount: Int64?
    public var cryptographicUsageMask: CryptographicUsageMask?
    /// Seconds.
    public var leaseTime: UInt32?

    /// A payload of these items.
    public init(
        uniqueIdentifier: String? = nil, usageLimitsCount: Int64? = nil, cryptographicUsageMask: CryptographicUsageMask? = nil,
        leaseTime: UInt32? = nil
    ) {
        self.uniqueIdentifier = uniqueIdentifier
        self.usageLimitsCount = usageLimitsCount
        self.cryptographicUsageMask = cryptographicUsageMask
        self.leaseTime = leaseTime
    }

    public init(from reader: inout TTLVReader) throws(KMIPError) {
        var uniqueIdentifier: String?
        var usageLimitsCount: Int64?
        var cryptographicUsageMask: CryptographicUsageMask?
        var leaseTime: UInt32?
        while let item = try reader.next() {
            switch item.tag {
            case .uniqueIdentifier where uniqueIdentifier == nil: uniqueIdentifier = try reader.text(item)
            case .usageLimitsCount where usageLimitsCount == nil: usageLimitsCount = try reader.longInteger(item)
            case .cryptographicUsageMask where cryptographicUsageMask == nil:
                cryptographicUsageMask = try CryptographicUsageMask(rawValue: reader.integer(item))
            case .leaseTime where leaseTime == nil: leaseTime = try reader.interval(item)
            case .uniqueIdentifier, .usageLimitsCount, .cryptographicUsageMask, .leaseTime: throw .duplicate(item)
            default: throw .unexpected(item)
            }
        }
        self.init(
            uniqueIdentifier: uniqueIdentifier, usageLimitsCount: usageLimitsCount, cryptographicUsageMask: cryptographicUsageMask,
            leaseTime: leaseTime)
    }

    public func encode(to writer: inout TTLVWriter) {
        if let uniqueIdentifier { writer.text(.uniqueIdentifier, uniqueIdentifier) }
        if let usageLimitsCount { writer.longInteger(.usageLimitsCount, usageLimitsCount) }
        if let cryptographicUsageMask { writer.integer(.cryptographicUsageMask, cryptographicUsageMask.rawValue) }
        if let leaseTime { writer.interval(.leaseTime, leaseTime) }
    }
}

/// Names the object; what was refused comes back with it (KMIP 1.4 §4.10).
public struct CheckResponse: ResponsePayload {
    public var uniqueIdentifier: String?
    public var usageLimitsCount: Int64?
    public var cryptographicUsageMask: CryptographicUsageMask?
    /// Seconds.
    public var leaseTime: UInt32?

    /// A payload of these items.
    public init(
        uniqueIdentifier: String? = nil, usageLimitsCount: Int64? = nil, cryptographicUsageMask: CryptographicUsageMask? = nil,
        leaseTime: UInt32? = nil
    ) {
        self.uniqueIdentifier = uniqueIdentifier
        self.usageLimitsCount = usageLimitsCount
        self.cryptographicUsageMask = cryptographicUsageMask
        self.leaseTime = leaseTime
    }

    public init(from reader: inout TTLVReader) throws(KMIPError) {
        var uniqueIdentifier: String?
        var usageLimitsCount: Int64?
        var cryptographicUsageMask: CryptographicUsageMask?
        var leaseTime: UInt32?
        while let item = try reader.next() {
            switch item.tag {
            case .uniqueIdentifier where uniqueIdentifier == nil: uniqueIdentifier = try reader.text(item)
            case .usageLimitsCount where usageLimitsCount == nil: usageLimitsCount = try reader.longInteger(item)
            case .cryptographicUsageMask where cryptographicUsageMask == nil:
                cryptographicUsageMask = try CryptographicUsageMask(rawValue: reader.integer(item))
            case .leaseTime where leaseTime == nil: leaseTime = try reader.interval(item)
            case .uniqueIdentifier, .usageLimitsCount, .cryptographicUsageMask, .leaseTime: throw .duplicate(item)
            default: throw .unexpected(item)
            }
        }
        self.init(
            uniqueIdentifier: uniqueIdentifier, usageLimitsCount: usageLimitsCount, cryptographicUsageMask: cryptographicUsageMask,
            leaseTime: leaseTime)
    }

    public func encode(to writer: inout TTLVWriter) {
        if let uniqueIdentifier { writer.text(.uniqueIdentifier, uniqueIdentifier) }
        if let usageLimitsCount { writer.longInteger(.usageLimitsCount, usageLimitsCount) }
        if let cryptographicUsageMask { writer.integer(.cryptographicUsageMask, cryptographicUsageMask.rawValue) }
        if let leaseTime { writer.interval(.leaseTime, leaseTime) }
    }
}
