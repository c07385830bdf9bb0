/// One part of a split key (KMIP 1.4 §2.2.5).
public struct SplitKey: Sendable {
    /// How many parts there are.
    public var parts: Int32
    /// Which one this is: 1 to ``parts``.
    public var partIdentifier: Int32
    /// How many parts give the key back.
    public var threshold: Int32
    public var method: SplitKeyMethod
    /// The prime of Polynomial Sharing Prime Field, else `nil`: two's complement, big-endian.
    public var primeFieldSize: [UInt8]?
    /// The share.
    public var keyBlock: KeyBlock

    /// A structure of these items.
    public init(parts: Int32, partIdentifier: Int32, threshold: Int32, method: SplitKeyMethod, primeFieldSize: [UInt8]? = nil, keyBlock: KeyBlock) {
        self.parts = parts
        self.partIdentifier = partIdentifier
        self.threshold = threshold
        self.method = method
        self.primeFieldSize = primeFieldSize
        self.keyBlock = keyBlock
    }

    /// Decodes the items of the structure.
    init(from reader: inout TTLVReader) throws(KMIPError) {
        var parts: Int32?
        var partIdentifier: Int32?
        var threshold: Int32?
        var method: SplitKeyMethod?
        var primeFieldSize: [UInt8]?
        var keyBlock: KeyBlock?
        while let item = try reader.next() {
            switch item.tag {
            case .splitKeyParts where parts == nil: parts = try reader.integer(item)
            case .keyPartIdentifier where partIdentifier == nil: partIdentifier = try reader.integer(item)
            case .splitKeyThreshold where threshold == nil: threshold = try reader.integer(item)
            case .splitKeyMethod where method == nil: method = try reader.enumeration(item)
            case .primeFieldSize where primeFieldSize == nil: primeFieldSize = try reader.bigInteger(item)
            case .keyBlock where keyBlock == nil: keyBlock = try reader.nested(item, KeyBlock.init(from:))
            case .splitKeyParts, .keyPartIdentifier, .splitKeyThreshold, .splitKeyMethod, .primeFieldSize, .keyBlock: throw .duplicate(item)
            default: throw .unexpected(item)
            }
        }
        guard let parts else { throw .missing(.splitKeyParts, in: reader) }
        guard let partIdentifier else { throw .missing(.keyPartIdentifier, in: reader) }
        guard let threshold else { throw .missing(.splitKeyThreshold, in: reader) }
        guard let method else { throw .missing(.splitKeyMethod, in: reader) }
        guard let keyBlock else { throw .missing(.keyBlock, in: reader) }
        self.init(parts: parts, partIdentifier: partIdentifier, threshold: threshold, method: method, primeFieldSize: primeFieldSize, keyBlock: keyBlock)
    }

    /// Writes the whole structure, its items in the order of the standard.
    func encode(to writer: inout TTLVWriter) {
        let mark = writer.beginStructure(.splitKey)
        writer.splitKeyHeader(parts: parts, partIdentifier: partIdentifier, threshold: threshold, method: method, primeFieldSize: primeFieldSize)
        keyBlock.encode(to: &writer)
        writer.endStructure(mark)
    }
}

extension TTLVWriter {
    /// Writes the items of a Split Key that stand before its Key Block.
    public mutating func splitKeyHeader(parts: Int32, partIdentifier: Int32, threshold: Int32, method: SplitKeyMethod, primeFieldSize: [UInt8]?) {
        integer(.splitKeyParts, parts)
        integer(.keyPartIdentifier, partIdentifier)
        integer(.splitKeyThreshold, threshold)
        enumeration(.splitKeyMethod, method)
        if let primeFieldSize { bigInteger(.primeFieldSize, primeFieldSize) }
    }
}
