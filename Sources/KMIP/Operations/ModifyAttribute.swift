/// Gives an instance of an attribute another value (KMIP 1.4 §4.15).
public struct ModifyAttributeRequest: AttributeRequest {
    public static var operation: Operation { .modifyAttribute }

    /// `nil`: the ID Placeholder of the batch.
    public var uniqueIdentifier: String?
    public var attribute: Attribute

    /// A payload of these items.
    public init(uniqueIdentifier: String? = nil, attribute: Attribute) {
        self.uniqueIdentifier = uniqueIdentifier
        self.attribute = attribute
    }
}

/// Holds the attribute as it is now (KMIP 1.4 §4.15).
public struct ModifyAttributeResponse: AttributeResponse {
    public var uniqueIdentifier: String
    public var attribute: Attribute

    /// A payload of these items.
    public init(uniqueIdentifier: String, attribute: Attribute) {
        self.uniqueIdentifier = uniqueIdentifier
        self.attribute = attribute
    }
}
