public import NIOCore

/// What a derivation method works with (KMIP 1.4 §4.6).
public struct DerivationParameters: Sendable, Hashable {
    /// The hash or cipher; `nil`: those of the key.
    public var cryptographicParameters: CryptographicParameters?
    public var initializationVector: ByteBuffer?
    /// `nil` where secret data among the objects is derived over.
    public var derivationData: ByteBuffer?
    /// PBKDF2 only.
    public var salt: ByteBuffer?
    /// PBKDF2 only.
    public var iterationCount: Int32?

    /// A structure of these items.
    public init(
        cryptographicParameters: CryptographicParameters? = nil,
        initializationVector: ByteBuffer? = nil,
        derivationData: ByteBuffer? = nil,
        salt: ByteBuffer? = nil,
        iterationCount: Int32? = nil
    ) {
        self.cryptographicParameters = cryptographicParameters
        self.initializationVector = initializationVector
        self.derivationData = derivationData
        self.salt = salt
        self.iterationCount = iterationCount
    }

    /// Decodes the items of the structure.
    public init(from reader: inout TTLVReader) throws(KMIPError) {
        var cryptographicParameters: CryptographicParameters?
        var initializationVector: ByteBuffer?
        var derivationData: ByteBuffer?
        var salt: ByteBuffer?
        var iterationCount: Int32?
        while let item = try reader.next() {
            switch item.tag {
            case .cryptographicParameters where cryptographicParameters == nil:
                cryptographicParameters = try reader.nested(item, CryptographicParameters.init(from:))
            case .initializationVector where initializationVector == nil: initializationVector = try reader.bytes(item)
            case .derivationData where derivationData == nil: derivationData = try reader.bytes(item)
            case .salt where salt == nil: salt = try reader.bytes(item)
            case .iterationCount where iterationCount == nil: iterationCount = try reader.integer(item)
            case .cryptographicParameters, .initializationVector, .derivationData, .salt, .iterationCount: throw .duplicate(item)
            default: throw .unexpected(item)
            }
        }
        self.init(
            cryptographicParameters: cryptographicParameters,
            initializationVector: initializationVector,
            derivationData: derivationData,
            salt: salt,
            iterationCount: iterationCount
        )
    }

    /// Writes the whole structure, its items in the order of the standard.
    public func encode(to writer: inout TTLVWriter) {
        let mark = writer.beginStructure(.derivationParameters)
        if let cryptographicParameters { cryptographicParameters.encode(to: &writer) }
        if let initializationVector { writer.bytes(.initializationVector, initializationVector) }
        if let derivationData { writer.bytes(.derivationData, derivationData) }
        if let salt { writer.bytes(.salt, salt) }
        if let iterationCount { writer.integer(.iterationCount, iterationCount) }
        writer.endStructure(mark)
    }
}
