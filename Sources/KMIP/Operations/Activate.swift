/// Brings a Pre-Active object into use (KMIP 1.4 §4.19).
public struct ActivateRequest: IdentifierRequest {
    public static var operation: Operation { .activate }

    /// `nil`: the ID Placeholder of the batch.
    public var uniqueIdentifier: String?

    /// A payload of these items.
    public init(uniqueIdentifier: String? = nil) {
        self.uniqueIdentifier = uniqueIdentifier
    }
}

/// Names the object (KMIP 1.4 §4.19).
public struct ActivateResponse: IdentifierResponse {
    public var uniqueIdentifier: String

    /// A payload of these items.
    public init(uniqueIdentifier: String) {
        self.uniqueIdentifier = uniqueIdentifier
    }
}
