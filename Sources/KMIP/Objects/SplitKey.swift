/// One part of a split key (KMIP 1.4 §2.2.5).
public struct SplitKey: Sendable {
    /// How many parts there are.
    public var parts: Int32
    /// Which part this is, from 1 on.
    public var identifier: Int32
    /// How many parts give the key.
    public var threshold: Int32
    public var method: SplitKeyMethod
    /// Two's complement, big-endian; with Polynomial Sharing Prime Field only.
    public var primeFieldSize: [UInt8]?
    public var keyBlock: KeyBlock

    /// A structure of these items.
    public init(parts: Int32, identifier: Int32, threshold: Int32, method: SplitKeyMethod, primeFieldSize: [UInt8]? = nil, keyBlock: KeyBlock) {
        self.parts = parts
        self.identifier = identifier
        self.threshold = threshold
        self.method = method
        self.primeFieldSize = primeFieldSize
        self.keyBlock = keyBlock
    }

    /// Decodes the items of the structure.
    init(from reader: inout TTLVReader) throws(KMIPError) {
        var parts: Int32?
        var identifier: Int32?
        var threshold: Int32?
        var method: SplitKeyMethod?
        var prime: [UInt8]?
        var block: KeyBlock?
        while let item = try reader.next() {
            switch item.tag {
            case .splitKeyParts where parts == nil: parts = try reader.integer(item)
            case .keyPartIdentifier where identifier == nil: identifier = try reader.integer(item)
            case .splitKeyThreshold where threshold == nil: threshold = try reader.integer(item)
            case .splitKeyMethod where method == nil: method = try reader.enumeration(item)
            case .primeFieldSize where prime == nil: prime = try reader.bigInteger(item)
            case .keyBlock where block == nil: block = try reader.nested(item, KeyBlock.init(from:))
            case .splitKeyParts, .keyPartIdentifier, .splitKeyThreshold, .splitKeyMethod, .primeFieldSize, .keyBlock: throw .duplicate(item)
            default: throw .unexpected(item)
            }
        }
        guard let parts else { throw .missing(.splitKeyParts, in: reader) }
        guard let identifier else { throw .missing(.keyPartIdentifier, in: reader) }
        guard let threshold else { throw .missing(.splitKeyThreshold, in: reader) }
        guard let method else { throw .missing(.splitKeyMethod, in: reader) }
        guard let block else { throw .missing(.keyBlock, in: reader) }
        self.init(parts: parts, identifier: identifier, threshold: threshold, method: method, primeFieldSize: prime, keyBlock: block)
    }

    /// Writes the whole structure, its items in the order of the standard.
    func encode(to writer: inout TTLVWriter) {
        let mark = writer.beginStructure(.splitKey)
        encodeHeading(to: &writer)
        keyBlock.encode(to: &writer)
        writer.endStructure(mark)
    }

    /// Writes the items that stand before the Key Block.
    public func encodeHeading(to writer: inout TTLVWriter) {
        writer.integer(.splitKeyParts, parts)
        writer.integer(.keyPartIdentifier, identifier)
        writer.integer(.splitKeyThreshold, threshold)
        writer.enumeration(.splitKeyMethod, method)
        if let primeFieldSize { writer.bigInteger(.primeFieldSize, primeFieldSize) }
    }
}
