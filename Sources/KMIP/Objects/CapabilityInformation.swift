/// What a server can do beyond single operations (KMIP 1.4 §2.1.20).
public struct CapabilityInformation: Sendable, Hashable {
    /// Operations in several parts.
    public var streaming: Bool?
    public var asynchronous: Bool?
    public var attestation: Bool?
    /// KMIP 1.4.
    public var batchUndo: Bool?
    /// KMIP 1.4.
    public var batchContinue: Bool?
    /// Whether a wrapped key is unwrapped when it is registered.
    public var unwrapMode: UnwrapMode?
    public var destroyAction: DestroyAction?
    public var shreddingAlgorithm: ShreddingAlgorithm?
    public var rngMode: RNGMode?

    /// A structure of these items.
    public init(
        streaming: Bool? = nil,
        asynchronous: Bool? = nil,
        attestation: Bool? = nil,
        batchUndo: Bool? = nil,
        batchContinue: Bool? = nil,
        unwrapMode: UnwrapMode? = nil,
        destroyAction: DestroyAction? = nil,
        shreddingAlgorithm: ShreddingAlgorithm? = nil,
        rngMode: RNGMode? = nil
    ) {
        self.streaming = streaming
        self.asynchronous = asynchronous
        self.attestation = attestation
        self.batchUndo = batchUndo
        self.batchContinue = batchContinue
        self.unwrapMode = unwrapMode
        self.destroyAction = destroyAction
        self.shreddingAlgorithm = shreddingAlgorithm
        self.rngMode = rngMode
    }

    /// Decodes the items of the structure.
    public init(from reader: inout TTLVReader) throws(KMIPError) {
        self.init()
        while let item = try reader.next() {
            switch item.tag {
            case .streamingCapability where streaming == nil: streaming = try reader.boolean(item)
            case .asynchronousCapability where asynchronous == nil: asynchronous = try reader.boolean(item)
            case .attestationCapability where attestation == nil: attestation = try reader.boolean(item)
            case .batchUndoCapability where batchUndo == nil: batchUndo = try reader.boolean(item)
            case .batchContinueCapability where batchContinue == nil: batchContinue = try reader.boolean(item)
            case .unwrapMode where unwrapMode == nil: unwrapMode = try reader.enumeration(item)
            case .destroyAction where destroyAction == nil: destroyAction = try reader.enumeration(item)
            case .shreddingAlgorithm where shreddingAlgorithm == nil: shreddingAlgorithm = try reader.enumeration(item)
            case .rngMode where rngMode == nil: rngMode = try reader.enumeration(item)
            case .streamingCapability,
                .asynchronousCapability,
                .attestationCapability,
                .batchUndoCapability,
                .batchContinueCapability,
                .unwrapMode,
                .destroyAction,
                .shreddingAlgorithm,
                .rngMode:
                throw .duplicate(item)
            default: try reader.validate(item)
            }
        }
    }

    /// Writes the whole structure, its items in the order of the standard.
    public func encode(to writer: inout TTLVWriter) {
        let mark = writer.beginStructure(.capabilityInformation)
        if let streaming { writer.boolean(.streamingCapability, streaming) }
        if let asynchronous { writer.boolean(.asynchronousCapability, asynchronous) }
        if let attestation { writer.boolean(.attestationCapability, attestation) }
        if let batchUndo { writer.boolean(.batchUndoCapability, batchUndo) }
        if let batchContinue { writer.boolean(.batchContinueCapability, batchContinue) }
        if let unwrapMode { writer.enumeration(.unwrapMode, unwrapMode) }
        if let destroyAction { writer.enumeration(.destroyAction, destroyAction) }
        if let shreddingAlgorithm { writer.enumeration(.shreddingAlgorithm, shreddingAlgorithm) }
        if let rngMode { writer.enumeration(.rngMode, rngMode) }
        writer.endStructure(mark)
    }
}
