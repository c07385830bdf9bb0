/// How the key of a Get is to be wrapped (KMIP 1.4 §2.1.6).
public struct KeyWrappingSpecification: Sendable, Hashable {
    public var wrappingMethod: WrappingMethod
    public var encryptionKeyInformation: KeyInformation?
    public var macSignatureKeyInformation: KeyInformation?
    /// Attributes to wrap with the key.
    public var attributeNames: [String]
    /// KMIP 1.1; `nil`: TTLV Encoding.
    public var encodingOption: EncodingOption?

    /// A structure of these items.
    public init(
        wrappingMethod: WrappingMethod,
        encryptionKeyInformation: KeyInformation? = nil,
        macSignatureKeyInformation: KeyInformation? = nil,
        attributeNames: [String] = [],
        encodingOption: EncodingOption? = nil
    ) {
        self.wrappingMethod = wrappingMethod
        self.encryptionKeyInformation = encryptionKeyInformation
        self.macSignatureKeyInformation = macSignatureKeyInformation
        self.attributeNames = attributeNames
        self.encodingOption = encodingOption
    }

    /// Decodes the items of the structure.
    public init(from reader: inout TTLVReader) throws(KMIPError) {
        var wrappingMethod: WrappingMethod?
        var encryptionKeyInformation: KeyInformation?
        var macSignatureKeyInformation: KeyInformation?
        var attributeNames: [String] = []
        var encodingOption: EncodingOption?
        while let item = try reader.next() {
            switch item.tag {
            case .wrappingMethod where wrappingMethod == nil: wrappingMethod = try reader.enumeration(item)
            case .encryptionKeyInformation where encryptionKeyInformation == nil:
                encryptionKeyInformation = try reader.nested(item, KeyInformation.init(from:))
            case .macSignatureKeyInformation where macSignatureKeyInformation == nil:
                macSignatureKeyInformation = try reader.nested(item, KeyInformation.init(from:))
            case .attributeName: attributeNames.append(try reader.text(item))
            case .encodingOption where encodingOption == nil: encodingOption = try reader.enumeration(item)
            case .wrappingMethod, .encryptionKeyInformation, .macSignatureKeyInformation, .encodingOption: throw .duplicate(item)
            default: throw .unexpected(item)
            }
        }
        guard let wrappingMethod else { throw .missing(.wrappingMethod, in: reader) }
        self.init(
            wrappingMethod: wrappingMethod,
            encryptionKeyInformation: encryptionKeyInformation,
            macSignatureKeyInformation: macSignatureKeyInformation,
            attributeNames: attributeNames,
            encodingOption: encodingOption
        )
    }

    /// Writes the whole structure, its items in the order of the standard.
    public func encode(to writer: inout TTLVWriter) {
        let mark = writer.beginStructure(.keyWrappingSpecification)
        writer.enumeration(.wrappingMethod, wrappingMethod)
        encryptionKeyInformation?.encode(as: .encryptionKeyInformation, to: &writer)
        macSignatureKeyInformation?.encode(as: .macSignatureKeyInformation, to: &writer)
        for value in attributeNames { writer.text(.attributeName, value) }
        if let encodingOption { writer.enumeration(.encodingOption, encodingOption) }
        writer.endStructure(mark)
    }
}
