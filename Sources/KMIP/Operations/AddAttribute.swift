/// Adds an instance of an attribute (KMIP 1.4 §4.14).
public struct AddAttributeRequest: AttributeRequest {
    public static var operation: Operation { .addAttribute }

    /// `nil`: the ID Placeholder of the batch.
    public var uniqueIdentifier: String?
    public var attribute: Attribute

    /// A payload of these items.
    public init(uniqueIdentifier: String? = nil, attribute: Attribute) {
        self.uniqueIdentifier = uniqueIdentifier
        self.attribute = attribute
    }
}

/// Holds the attribute as it was added (KMIP 1.4 §4.14).
public struct AddAttributeResponse: AttributeResponse {
    public var uniqueIdentifier: String
    public var attribute: Attribute

    /// A payload of these items.
    public init(uniqueIdentifier: String, attribute: Attribute) {
        self.uniqueIdentifier = uniqueIdentifier
        self.attribute = attribute
    }
}
