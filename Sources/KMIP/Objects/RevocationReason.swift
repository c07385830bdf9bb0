/// Why an object was revoked (KMIP 1.4 §3.31).
public struct RevocationReason: Sendable, Hashable {
    public var code: RevocationReasonCode
    public var message: String?

    /// A structure of these items.
    public init(code: RevocationReasonCode, message: String? = nil) {
        self.code = code
        self.message = message
    }

    /// Decodes the items of the structure.
    public init(from reader: inout TTLVReader) throws(KMIPError) {
        var code: RevocationReasonCode?
        var message: String?
        while let item = try reader.next() {
            switch item.tag {
            case .revocationReasonCode where code == nil: code = try reader.enumeration(item)
            case .revocationMessage where message == nil: message = try reader.text(item)
            case .revocationReasonCode, .revocationMessage: throw .duplicate(item)
            default: throw .unexpected(item)
            }
        }
        guard let code else { throw .missing(.revocationReasonCode, in: reader) }
        self.init(code: code, message: message)
    }

    /// Writes the whole structure, its items in the order of the standard.
    public func encode(to writer: inout TTLVWriter) {
        let mark = writer.beginStructure(.revocationReason)
        writer.enumeration(.revocationReasonCode, code)
        if let message { writer.text(.revocationMessage, message) }
        writer.endStructure(mark)
    }

    /// As the value of a Revocation Reason attribute.
    public var attributeValue: AttributeValue {
        var fields: [AttributeValue.Field] = [.init(.revocationReasonCode, .enumeration(code.rawValue))]
        if let message { fields.append(.init(.revocationMessage, .text(message))) }
        return .structure(fields)
    }
}
