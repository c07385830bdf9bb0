/// Names of templates and attributes of the object to be made (KMIP 1.4 §2.1.8).
public struct TemplateAttribute: Sendable, Hashable {
    /// Names of registered templates; deprecated since KMIP 1.3.
    public var names: [String]
    public var attributes: [Attribute]

    /// A structure of these items.
    public init(names: [String] = [], attributes: [Attribute] = []) {
        self.names = names
        self.attributes = attributes
    }

    /// Decodes the items of the structure.
    public init(from reader: inout TTLVReader) throws(KMIPError) {
        self.init()
        while let item = try reader.next() {
            switch item.tag {
            case .name: names.append(try reader.nested(item, Name.init(from:)).value)
            case .attribute: attributes.append(try reader.nested(item, Attribute.init(from:)))
            default: throw .unexpected(item)
            }
        }
    }

    /// Writes the whole structure, its items in the order of the standard.
    /// - Parameter tag: Template-Attribute, or the Common, Private Key or Public Key one, which have the same items.
    public func encode(as tag: Tag = .templateAttribute, to writer: inout TTLVWriter) {
        let mark = writer.beginStructure(tag)
        for name in names { Name(name).attributeValue.encode(as: .name, to: &writer) }
        for attribute in attributes { attribute.encode(to: &writer) }
        writer.endStructure(mark)
    }
}
