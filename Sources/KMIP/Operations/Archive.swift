/// Puts an object into archival storage (KMIP 1.4 §4.22).
public struct ArchiveRequest: IdentifierRequest {
    public static var operation: Operation { .archive }

    /// `nil`: the ID Placeholder of the batch.
    public var uniqueIdentifier: String?

    /// A payload of these items.
    public init(uniqueIdentifier: String? = nil) {
        self.uniqueIdentifier = uniqueIdentifier
    }
}

/// Names the object (KMIP 1.4 §4.22).
public struct ArchiveResponse: IdentifierResponse {
    public var uniqueIdentifier: String

    /// A payload of these items.
    public init(uniqueIdentifier: String) {
        self.uniqueIdentifier = uniqueIdentifier
    }
}
