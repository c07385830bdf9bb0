/// Takes an object out of use (KMIP 1.4 §4.20).
public struct RevokeRequest: RequestPayload {
    public static var operation: Operation { .revoke }

    /// `nil`: the ID Placeholder of the batch.
    public var uniqueIdentifier: String?
    public var revocationReason: RevocationReason
    /// Seconds since 1970 UTC; with the reasons of a compromise only.
    public var compromiseOccurrenceDate: Int64?

    /// A payload of these items.
    public init(uniqueIdentifier: String? = nil, revocationReason: RevocationReason, compromiseOccurrenceDate: Int64? = nil) {
        self.uniqueIdentifier = uniqueIdentifier
        self.revocationReason = revocationReason
        self.compromiseOccurrenceDate = compromiseOccurrenceDate
    }

    public init(from reader: inout TTLVReader) throws(KMIPError) {
        var uniqueIdentifier: String?
        var revocationReason: RevocationReason?
        var compromiseOccurrenceDate: Int64?
        while let item = try reader.next() {
            switch item.tag {
            case .uniqueIdentifier where uniqueIdentifier == nil: uniqueIdentifier = try reader.text(item)
            case .revocationReason where revocationReason == nil: revocationReason = try reader.nested(item, RevocationReason.init(from:))
            case .compromiseOccurrenceDate where compromiseOccurrenceDate == nil: compromiseOccurrenceDate = try reader.dateTime(item)
            case .uniqueIdentifier, .revocationReason, .compromiseOccurrenceDate: throw .duplicate(item)
            default: throw .unexpected(item)
            }
        }
        guard let revocationReason else { throw .missing(.revocationReason, in: reader) }
        self.init(
            uniqueIdentifier: uniqueIdentifier,
            revocationReason: revocationReason,
            compromiseOccurrenceDate: compromiseOccurrenceDate
        )
    }

    public func encode(to writer: inout TTLVWriter) {
        if let uniqueIdentifier { writer.text(.uniqueIdentifier, uniqueIdentifier) }
        revocationReason.encode(to: &writer)
        if let compromiseOccurrenceDate { writer.dateTime(.compromiseOccurrenceDate, compromiseOccurrenceDate) }
    }
}

/// Names the object (KMIP 1.4 §4.20).
public struct RevokeResponse: IdentifierResponse {
    public var uniqueIdentifier: String

    /// A payload of these items.
    public init(uniqueIdentifier: String) {
        self.uniqueIdentifier = uniqueIdentifier
    }
}
