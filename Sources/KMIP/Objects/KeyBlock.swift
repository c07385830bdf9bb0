public import NIOCore

/// A key, or a secret in the form of one, with what is needed to read it (KMIP 1.4 §2.1.3).
public struct KeyBlock: Sendable {
    public var keyFormatType: KeyFormatType
    public var keyCompressionType: KeyCompressionType?
    /// `nil` where the server does not hold the value (KMIP 1.2).
    public var keyValue: KeyValue?
    public var cryptographicAlgorithm: CryptographicAlgorithm?
    /// In bits.
    public var cryptographicLength: Int32?
    /// The items of a Key Wrapping Data structure, as they came.
    public var keyWrappingData: ByteBuffer?

    /// What a Key Value holds (KMIP 1.4 §2.1.4).
    public enum KeyValue: Sendable {
        /// Key Material of type Byte String.
        case bytes(ByteBuffer, attributes: [Attribute])
        /// Key Material that is a structure (the transparent formats): its items.
        case structure(ByteBuffer, attributes: [Attribute])
        /// A wrapped key: the Key Value itself is a Byte String.
        case wrapped(ByteBuffer)
    }

    /// A structure of these items.
    public init(
        keyFormatType: KeyFormatType,
        keyCompressionType: KeyCompressionType? = nil,
        keyValue: KeyValue?,
        cryptographicAlgorithm: CryptographicAlgorithm? = nil,
        cryptographicLength: Int32? = nil,
        keyWrappingData: ByteBuffer? = nil
    ) {
        self.keyFormatType = keyFormatType
        self.keyCompressionType = keyCompressionType
        self.keyValue = keyValue
        self.cryptographicAlgorithm = cryptographicAlgorithm
        self.cryptographicLength = cryptographicLength
        self.keyWrappingData = keyWrappingData
    }

    /// ``keyWrappingData``, read; `nil` where there is none.
    public func wrapping() throws(KMIPError) -> KeyWrappingData? {
        guard let keyWrappingData else { return nil }
        var reader = TTLVReader(items: keyWrappingData)
        return try KeyWrappingData(from: &reader)
    }

    /// Decodes the items of a Key Block structure.
    init(from reader: inout TTLVReader) throws(KMIPError) {
        var format: KeyFormatType?
        self.init(keyFormatType: .raw, keyValue: nil)
        while let item = try reader.next() {
            switch item.tag {
            case .keyFormatType where format == nil: format = try reader.enumeration(item)
            case .keyCompressionType where keyCompressionType == nil: keyCompressionType = try reader.enumeration(item)
            case .keyValue where keyValue == nil: keyValue = try Self.keyValue(item, of: reader)
            case .cryptographicAlgorithm where cryptographicAlgorithm == nil: cryptographicAlgorithm = try reader.enumeration(item)
            case .cryptographicLength where cryptographicLength == nil: cryptographicLength = try reader.integer(item)
            case .keyWrappingData where keyWrappingData == nil:
                try reader.validate(item)
                keyWrappingData = try reader.structure(item).allItems
            case .keyFormatType, .keyCompressionType, .keyValue, .cryptographicAlgorithm, .cryptographicLength, .keyWrappingData:
                throw .duplicate(item)
            default: throw .unexpected(item)
            }
        }
        guard let format else { throw .missing(.keyFormatType, in: reader) }
        keyFormatType = format
    }

    private static func keyValue(_ item: TTLVItem, of reader: TTLVReader) throws(KMIPError) -> KeyValue {
        if item.type == .byteString { return .wrapped(try reader.bytes(item)) }
        var fields = try reader.structure(item)
        var material: KeyValue?
        var attributes: [Attribute] = []
        while let field = try fields.next() {
            switch (field.tag, field.type) {
            case (.keyMaterial, .structure) where material == nil:
                try fields.validate(field)
                material = .structure(try fields.structure(field).allItems, attributes: [])
            case (.keyMaterial, _) where material == nil: material = .bytes(try fields.bytes(field), attributes: [])
            case (.attribute, _): attributes.append(try fields.nested(field, Attribute.init(from:)))
            case (.keyMaterial, _): throw .duplicate(field)
            default: throw .unexpected(field)
            }
        }
        switch material {
        case .bytes(let bytes, _): return .bytes(bytes, attributes: attributes)
        case .structure(let items, _): return .structure(items, attributes: attributes)
        default: throw .missing(.keyMaterial, in: fields)
        }
    }

    /// Writes a Key Block structure.
    func encode(to writer: inout TTLVWriter) {
        writer.keyBlock(
            format: keyFormatType,
            compression: keyCompressionType,
            algorithm: cryptographicAlgorithm,
            length: cryptographicLength
        ) { writer in
            switch keyValue {
            case .bytes(let bytes, let attributes):
                writer.keyValue(attributes: attributes) { $0.bytes(.keyMaterial, bytes) }
            case .structure(let items, let attributes):
                writer.keyValue(attributes: attributes) { writer in
                    let mark = writer.beginStructure(.keyMaterial)
                    writer.raw(items)
                    writer.endStructure(mark)
                }
            case .wrapped(let bytes): writer.bytes(.keyValue, bytes)
            case nil: break
            }
        } wrappingData: { writer in
            if let keyWrappingData {
                let mark = writer.beginStructure(.keyWrappingData)
                writer.raw(keyWrappingData)
                writer.endStructure(mark)
            }
        }
    }
}

extension TTLVWriter {
    /// Writes a Key Block whose Key Value `value` writes, so that key bytes need not pass through a value of their own.
    /// - Parameter length: the Cryptographic Length in bits.
    public mutating func keyBlock<E: Error>(
        format: KeyFormatType,
        compression: KeyCompressionType? = nil,
        algorithm: CryptographicAlgorithm?,
        length: Int32?,
        value: (inout TTLVWriter) throws(E) -> Void,
        wrappingData: (inout TTLVWriter) -> Void = { _ in }
    ) throws(E) {
        let mark = beginStructure(.keyBlock)
        enumeration(.keyFormatType, format)
        if let compression { enumeration(.keyCompressionType, compression) }
        try value(&self)
        if let algorithm { enumeration(.cryptographicAlgorithm, algorithm) }
        if let length { integer(.cryptographicLength, length) }
        wrappingData(&self)
        endStructure(mark)
    }

    /// Writes a Key Value structure around the Key Material that `material` writes.
    public mutating func keyValue<E: Error>(
        attributes: [Attribute] = [],
        material: (inout TTLVWriter) throws(E) -> Void
    ) throws(E) {
        let mark = beginStructure(.keyValue)
        try material(&self)
        for attribute in attributes { attribute.encode(to: &self) }
        endStructure(mark)
    }
}
