/// Takes an object back from archival storage (KMIP 1.4 §4.23).
public struct RecoverRequest: IdentifierRequest {
    public static var operation: Operation { .recover }

    /// `nil`: the ID Placeholder of the batch.
    public var uniqueIdentifier: String?

    /// A payload of these items.
    public init(uniqueIdentifier: String? = nil) {
        self.uniqueIdentifier = uniqueIdentifier
    }
}

/// Names the object (KMIP 1.4 §4.23).
public struct RecoverResponse: IdentifierResponse {
    public var uniqueIdentifier: String

    /// A payload of these items.
    public init(uniqueIdentifier: String) {
        self.uniqueIdentifier = uniqueIdentifier
    }
}
