public import NIOCore

/// How a key is to be used in an operation (KMIP 1.4 §3.6).
public struct CryptographicParameters: Sendable, Hashable {
    public var blockCipherMode: BlockCipherMode?
    public var paddingMethod: PaddingMethod?
    public var hashingAlgorithm: HashingAlgorithm?
    public var keyRoleType: KeyRoleType?
    /// KMIP 1.2.
    public var digitalSignatureAlgorithm: DigitalSignatureAlgorithm?
    /// KMIP 1.2.
    public var cryptographicAlgorithm: CryptographicAlgorithm?
    /// KMIP 1.2: the server makes the IV.
    public var randomIV: Bool?
    /// KMIP 1.2, in bits.
    public var ivLength: Int32?
    /// KMIP 1.2, in bytes as the official cases have it.
    public var tagLength: Int32?
    /// KMIP 1.2, in bits.
    public var fixedFieldLength: Int32?
    /// KMIP 1.2, in bits.
    public var invocationFieldLength: Int32?
    /// KMIP 1.2, in bits.
    public var counterLength: Int32?
    /// KMIP 1.2.
    public var initialCounterValue: Int32?
    /// KMIP 1.4, in bytes.
    public var saltLength: Int32?
    /// KMIP 1.4.
    public var maskGenerator: MaskGenerator?
    /// KMIP 1.4.
    public var maskGeneratorHashingAlgorithm: HashingAlgorithm?
    /// KMIP 1.4.
    public var pSource: ByteBuffer?
    /// KMIP 1.4.
    public var trailerField: Int32?

    /// A structure of these items.
    public init(
        blockCipherMode: BlockCipherMode? = nil,
        paddingMethod: PaddingMethod? = nil,
        hashingAlgorithm: HashingAlgorithm? = nil,
        keyRoleType: KeyRoleType? = nil,
        digitalSignatureAlgorithm: DigitalSignatureAlgorithm? = nil,
        cryptographicAlgorithm: CryptographicAlgorithm? = nil,
        randomIV: Bool? = nil,
        ivLength: Int32? = nil,
        tagLength: Int32? = nil,
        fixedFieldLength: Int32? = nil,
        invocationFieldLength: Int32? = nil,
        counterLength: Int32? = nil,
        initialCounterValue: Int32? = nil,
        saltLength: Int32? = nil,
        maskGenerator: MaskGenerator? = nil,
        maskGeneratorHashingAlgorithm: HashingAlgorithm? = nil,
        pSource: ByteBuffer? = nil,
        trailerField: Int32? = nil
    ) {
        self.blockCipherMode = blockCipherMode
        self.paddingMethod = paddingMethod
        self.hashingAlgorithm = hashingAlgorithm
        self.keyRoleType = keyRoleType
        self.digitalSignatureAlgorithm = digitalSignatureAlgorithm
        self.cryptographicAlgorithm = cryptographicAlgorithm
        self.randomIV = randomIV
        self.ivLength = ivLength
        self.tagLength = tagLength
        self.fixedFieldLength = fixedFieldLength
        self.invocationFieldLength = invocationFieldLength
        self.counterLength = counterLength
        self.initialCounterValue = initialCounterValue
        self.saltLength = saltLength
        self.maskGenerator = maskGenerator
        self.maskGeneratorHashingAlgorithm = maskGeneratorHashingAlgorithm
        self.pSource = pSource
        self.trailerField = trailerField
    }

    /// Decodes the items of the structure.
    public init(from reader: inout TTLVReader) throws(KMIPError) {
        var blockCipherMode: BlockCipherMode?
        var paddingMethod: PaddingMethod?
        var hashingAlgorithm: HashingAlgorithm?
        var keyRoleType: KeyRoleType?
        var digitalSignatureAlgorithm: DigitalSignatureAlgorithm?
        var cryptographicAlgorithm: CryptographicAlgorithm?
        var randomIV: Bool?
        var ivLength: Int32?
        var tagLength: Int32?
        var fixedFieldLength: Int32?
        var invocationFieldLength: Int32?
        var counterLength: Int32?
        var initialCounterValue: Int32?
        var saltLength: Int32?
        var maskGenerator: MaskGenerator?
        var maskGeneratorHashingAlgorithm: HashingAlgorithm?
        var pSource: ByteBuffer?
        var trailerField: Int32?
        while let item = try reader.next() {
            switch item.tag {
            case .blockCipherMode where blockCipherMode == nil: blockCipherMode = try reader.enumeration(item)
            case .paddingMethod where paddingMethod == nil: paddingMethod = try reader.enumeration(item)
            case .hashingAlgorithm where hashingAlgorithm == nil: hashingAlgorithm = try reader.enumeration(item)
            case .keyRoleType where keyRoleType == nil: keyRoleType = try reader.enumeration(item)
            case .digitalSignatureAlgorithm where digitalSignatureAlgorithm == nil: digitalSignatureAlgorithm = try reader.enumeration(item)
            case .cryptographicAlgorithm where cryptographicAlgorithm == nil: cryptographicAlgorithm = try reader.enumeration(item)
            case .randomIV where randomIV == nil: randomIV = try reader.boolean(item)
            case .ivLength where ivLength == nil: ivLength = try reader.integer(item)
            case .tagLength where tagLength == nil: tagLength = try reader.integer(item)
            case .fixedFieldLength where fixedFieldLength == nil: fixedFieldLength = try reader.integer(item)
            case .invocationFieldLength where invocationFieldLength == nil: invocationFieldLength = try reader.integer(item)
            case .counterLength where counterLength == nil: counterLength = try reader.integer(item)
            case .initialCounterValue where initialCounterValue == nil: initialCounterValue = try reader.integer(item)
            case .saltLength where saltLength == nil: saltLength = try reader.integer(item)
            case .maskGenerator where maskGenerator == nil: maskGenerator = try reader.enumeration(item)
            case .maskGeneratorHashingAlgorithm where maskGeneratorHashingAlgorithm == nil:
                maskGeneratorHashingAlgorithm = try reader.enumeration(item)
            case .pSource where pSource == nil: pSource = try reader.bytes(item)
            case .trailerField where trailerField == nil: trailerField = try reader.integer(item)
            case .blockCipherMode,
                .paddingMethod,
                .hashingAlgorithm,
                .keyRoleType,
                .digitalSignatureAlgorithm,
                .cryptographicAlgorithm,
                .randomIV,
                .ivLength,
                .tagLength,
                .fixedFieldLength,
                .invocationFieldLength,
                .counterLength,
                .initialCounterValue,
                .saltLength,
                .maskGenerator,
                .maskGeneratorHashingAlgorithm,
                .pSource,
                .trailerField:
                throw .duplicate(item)
            default: throw .unexpected(item)
            }
        }
        self.init(
            blockCipherMode: blockCipherMode,
            paddingMethod: paddingMethod,
            hashingAlgorithm: hashingAlgorithm,
            keyRoleType: keyRoleType,
            digitalSignatureAlgorithm: digitalSignatureAlgorithm,
            cryptographicAlgorithm: cryptographicAlgorithm,
            randomIV: randomIV,
            ivLength: ivLength,
            tagLength: tagLength,
            fixedFieldLength: fixedFieldLength,
            invocationFieldLength: invocationFieldLength,
            counterLength: counterLength,
            initialCounterValue: initialCounterValue,
            saltLength: saltLength,
            maskGenerator: maskGenerator,
            maskGeneratorHashingAlgorithm: maskGeneratorHashingAlgorithm,
            pSource: pSource,
            trailerField: trailerField
        )
    }

    /// Writes the whole structure, its items in the order of the standard.
    public func encode(to writer: inout TTLVWriter) {
        let mark = writer.beginStructure(.cryptographicParameters)
        if let blockCipherMode { writer.enumeration(.blockCipherMode, blockCipherMode) }
        if let paddingMethod { writer.enumeration(.paddingMethod, paddingMethod) }
        if let hashingAlgorithm { writer.enumeration(.hashingAlgorithm, hashingAlgorithm) }
        if let keyRoleType { writer.enumeration(.keyRoleType, keyRoleType) }
        if let digitalSignatureAlgorithm { writer.enumeration(.digitalSignatureAlgorithm, digitalSignatureAlgorithm) }
        if let cryptographicAlgorithm { writer.enumeration(.cryptographicAlgorithm, cryptographicAlgorithm) }
        if let randomIV { writer.boolean(.randomIV, randomIV) }
        if let ivLength { writer.integer(.ivLength, ivLength) }
        if let tagLength { writer.integer(.tagLength, tagLength) }
        if let fixedFieldLength { writer.integer(.fixedFieldLength, fixedFieldLength) }
        if let invocationFieldLength { writer.integer(.invocationFieldLength, invocationFieldLength) }
        if let counterLength { writer.integer(.counterLength, counterLength) }
        if let initialCounterValue { writer.integer(.initialCounterValue, initialCounterValue) }
        if let saltLength { writer.integer(.saltLength, saltLength) }
        if let maskGenerator { writer.enumeration(.maskGenerator, maskGenerator) }
        if let maskGeneratorHashingAlgorithm { writer.enumeration(.maskGeneratorHashingAlgorithm, maskGeneratorHashingAlgorithm) }
        if let pSource { writer.bytes(.pSource, pSource) }
        if let trailerField { writer.integer(.trailerField, trailerField) }
        writer.endStructure(mark)
    }
}
