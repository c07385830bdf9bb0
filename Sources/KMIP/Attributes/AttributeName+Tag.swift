extension AttributeName {
    /// The tag that the attribute's value has outside of an Attribute structure: of *Cryptographic Algorithm*,
    /// ``Tag/cryptographicAlgorithm``. `nil` for custom and unknown attributes.
    public var tag: Tag? { Self.tags[self] }

    /// XML and JSON names of tags are those of the attributes without spaces, and with `_` for what a name there cannot have.
    private static let tags: [AttributeName: Tag] = {
        var tags: [AttributeName: Tag] = [:]
        for definition in AttributeDefinition.all {
            let name = String(definition.name.rawValue.compactMap { $0 == " " ? nil : $0 == "." || $0 == "#" ? "_" : $0 })
            tags[definition.name] = Tag(name: name)
        }
        return tags
    }()
}
