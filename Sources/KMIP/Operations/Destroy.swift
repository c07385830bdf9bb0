/// Destroys the key material for good (KMIP 1.4 §4.21).
public struct DestroyRequest: IdentifierRequest {
    public static var operation: Operation { .destroy }

    /// `nil`: the ID Placeholder of the batch.
    public var uniqueIdentifier: String?

    /// A payload of these items.
    public init(uniqueIdentifier: String? = nil) {
        self.uniqueIdentifier = uniqueIdentifier
    }
}

/// Names the object (KMIP 1.4 §4.21).
public struct DestroyResponse: IdentifierResponse {
    public var uniqueIdentifier: String

    /// A payload of these items.
    public init(uniqueIdentifier: String) {
        self.uniqueIdentifier = uniqueIdentifier
    }
}
