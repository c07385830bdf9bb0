/// How one object stands to another (KMIP 1.4 §3.35).
public struct Link: Sendable, Hashable {
    public var type: LinkType
    /// The Unique Identifier of the other object.
    public var identifier: String

    /// A structure of these items.
    public init(_ type: LinkType, _ identifier: String) {
        self.type = type
        self.identifier = identifier
    }

    /// From the value of a Link attribute; `nil` where it is not one.
    public init?(_ value: AttributeValue) {
        guard case .enumeration(let type)? = value[.linkType], case .text(let identifier)? = value[.linkedObjectIdentifier] else { return nil }
        self.init(LinkType(rawValue: type), identifier)
    }

    /// As the value of a Link attribute.
    public var attributeValue: AttributeValue {
        .structure([.init(.linkType, .enumeration(type.rawValue)), .init(.linkedObjectIdentifier, .text(identifier))])
    }
}
