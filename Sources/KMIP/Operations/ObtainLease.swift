/// Asks how long an object may be used before asking again (KMIP 1.4 §4.17).
public struct ObtainLeaseRequest: IdentifierRequest {
    public static var operation: Operation { .obtainLease }

    /// `nil`: the ID Placeholder of the batch.
    public var uniqueIdentifier: String?

    /// A payload of these items.
    public init(uniqueIdentifier: String? = nil) {
        self.uniqueIdentifier = uniqueIdentifier
    }
}

/// Holds the lease (KMIP 1.4 §4.17).
public struct ObtainLeaseResponse: ResponsePayload {
    public var uniqueIdentifier: String
    /// Seconds.
    public var leaseTime: UInt32
    /// Seconds since 1970 UTC.
    public var lastChangeDate: Int64

    /// A payload of these items.
    public init(uniqueIdentifier: String, leaseTime: UInt32, lastChangeDate: Int64) {
        self.uniqueIdentifier = uniqueIdentifier
        self.leaseTime = leaseTime
        self.lastChangeDate = lastChangeDate
    }

    public init(from reader: inout TTLVReader) throws(KMIPError) {
        var uniqueIdentifier: String?
        var leaseTime: UInt32?
        var lastChangeDate: Int64?
        while let item = try reader.next() {
            switch item.tag {
            case .uniqueIdentifier where uniqueIdentifier == nil: uniqueIdentifier = try reader.text(item)
            case .leaseTime where leaseTime == nil: leaseTime = try reader.interval(item)
            case .lastChangeDate where lastChangeDate == nil: lastChangeDate = try reader.dateTime(item)
            case .uniqueIdentifier, .leaseTime, .lastChangeDate: throw .duplicate(item)
            default: throw .unexpected(item)
            }
        }
        guard let uniqueIdentifier else { throw .missing(.uniqueIdentifier, in: reader) }
        guard let leaseTime else { throw .missing(.leaseTime, in: reader) }
        guard let lastChangeDate else { throw .missing(.lastChangeDate, in: reader) }
        self.init(uniqueIdentifier: uniqueIdentifier, leaseTime: leaseTime, lastChangeDate: lastChangeDate)
    }

    public func encode(to writer: inout TTLVWriter) {
        writer.text(.uniqueIdentifier, uniqueIdentifier)
        writer.interval(.leaseTime, leaseTime)
        writer.dateTime(.lastChangeDate, lastChangeDate)
    }
}
