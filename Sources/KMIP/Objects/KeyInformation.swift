/// Which key wraps, and how (KMIP 1.4 §2.1.5).
public struct KeyInformation: Sendable, Hashable {
    /// The wrapping key.
    public var uniqueIdentifier: String
    public var cryptographicParameters: CryptographicParameters?

    /// A structure of these items.
    public init(uniqueIdentifier: String, cryptographicParameters: CryptographicParameters? = nil) {
        self.uniqueIdentifier = uniqueIdentifier
        self.cryptographicParameters = cryptographicParameters
    }

    /// Decodes the items of the structure.
    public init(from reader: inout TTLVReader) throws(KMIPError) {
        var uniqueIdentifier: String?
        var cryptographicParameters: CryptographicParameters?
        while let item = try reader.next() {
            switch item.tag {
            case .uniqueIdentifier where uniqueIdentifier == nil: uniqueIdentifier = try reader.text(item)
            case .cryptographicParameters where cryptographicParameters == nil:
                cryptographicParameters = try reader.nested(item, CryptographicParameters.init(from:))
            case .uniqueIdentifier, .cryptographicParameters: throw .duplicate(item)
            default: throw .unexpected(item)
            }
        }
        guard let uniqueIdentifier else { throw .missing(.uniqueIdentifier, in: reader) }
        self.init(uniqueIdentifier: uniqueIdentifier, cryptographicParameters: cryptographicParameters)
    }

    /// Writes the whole structure under `tag`, Encryption Key Information or MAC/Signature Key Information.
    public func encode(as tag: Tag, to writer: inout TTLVWriter) {
        let mark = writer.beginStructure(tag)
        writer.text(.uniqueIdentifier, uniqueIdentifier)
        if let cryptographicParameters { cryptographicParameters.encode(to: &writer) }
        writer.endStructure(mark)
    }
}
