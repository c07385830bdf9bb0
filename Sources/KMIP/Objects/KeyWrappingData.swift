public import NIOCore

/// How a key that travels wrapped was wrapped (KMIP 1.4 §2.1.5).
public struct KeyWrappingData: Sendable, Hashable {
    public var wrappingMethod: WrappingMethod
    /// Which key encrypted the Key Value.
    public var encryptionKeyInformation: KeyInformation?
    /// Which key authenticated the Key Value.
    public var macSignatureKeyInformation: KeyInformation?
    public var macSignature: ByteBuffer?
    public var iv: ByteBuffer?
    /// What was wrapped; `nil`: the TTLV-encoded Key Value.
    public var encodingOption: EncodingOption?

    /// A structure of these items.
    public init(
        wrappingMethod: WrappingMethod,
        encryptionKeyInformation: KeyInformation? = nil,
        macSignatureKeyInformation: KeyInformation? = nil,
        macSignature: ByteBuffer? = nil,
        iv: ByteBuffer? = nil,
        encodingOption: EncodingOption? = nil
    ) {
        self.wrappingMethod = wrappingMethod
        self.encryptionKeyInformation = encryptionKeyInformation
        self.macSignatureKeyInformation = macSignatureKeyInformation
        self.macSignature = macSignature
        self.iv = iv
        self.encodingOption = encodingOption
    }

    /// Decodes the items of the structure.
    public init(from reader: inout TTLVReader) throws(KMIPError) {
        var wrappingMethod: WrappingMethod?
        var encryptionKeyInformation: KeyInformation?
        var macSignatureKeyInformation: KeyInformation?
        var macSignature: ByteBuffer?
        var iv: ByteBuffer?
        var encodingOption: EncodingOption?
        while let item = try reader.next() {
            switch item.tag {
            case .wrappingMethod where wrappingMethod == nil: wrappingMethod = try reader.enumeration(item)
            case .encryptionKeyInformation where encryptionKeyInformation == nil:
                encryptionKeyInformation = try reader.nested(item, KeyInformation.init(from:))
            case .macSignatureKeyInformation where macSignatureKeyInformation == nil:
                macSignatureKeyInformation = try reader.nested(item, KeyInformation.init(from:))
            case .macSignature where macSignature == nil: macSignature = try reader.bytes(item)
            case .ivCounterNonce where iv == nil: iv = try reader.bytes(item)
            case .encodingOption where encodingOption == nil: encodingOption = try reader.enumeration(item)
            case .wrappingMethod,
                .encryptionKeyInformation,
                .macSignatureKeyInformation,
                .macSignature,
                .ivCounterNonce,
                .encodingOption:
                throw .duplicate(item)
            default: throw .unexpected(item)
            }
        }
        guard let wrappingMethod else { throw .missing(.wrappingMethod, in: reader) }
        self.init(
            wrappingMethod: wrappingMethod,
            encryptionKeyInformation: encryptionKeyInformation,
            macSignatureKeyInformation: macSignatureKeyInformation,
            macSignature: macSignature,
            iv: iv,
            encodingOption: encodingOption
        )
    }

    /// Writes the whole structure, its items in the order of the standard.
    public func encode(to writer: inout TTLVWriter) {
        let mark = writer.beginStructure(.keyWrappingData)
        writer.enumeration(.wrappingMethod, wrappingMethod)
        if let encryptionKeyInformation { encryptionKeyInformation.encode(as: .encryptionKeyInformation, to: &writer) }
        if let macSignatureKeyInformation { macSignatureKeyInformation.encode(as: .macSignatureKeyInformation, to: &writer) }
        if let macSignature { writer.bytes(.macSignature, macSignature) }
        if let iv { writer.bytes(.ivCounterNonce, iv) }
        if let encodingOption { writer.enumeration(.encodingOption, encodingOption) }
        writer.endStructure(mark)
    }
}
