import KMIP
import NIOCore

/// Finds what a message says in words that its version does not have; written without looking at how the server avoids them.
enum LaterWords {
    /// The words found, as `ResponsePayload/Attribute: Fresh (1.1)`.
    static func find(in frame: ByteBuffer, of tag: Tag = .responseMessage, version: ProtocolVersion) throws -> [String] {
        var found: [String] = []
        try walk(TTLVReader(message: frame, tag: tag), "", version, nil, &found)
        return found
    }

    static func find(inPayload items: ByteBuffer, version: ProtocolVersion) throws -> [String] {
        var found: [String] = []
        try walk(TTLVReader(items: items), "", version, nil, &found)
        return found
    }

    private static func walk(
        _ reader: TTLVReader, _ path: String, _ version: ProtocolVersion, _ attribute: Tag?, _ found: inout [String]
    ) throws {
        var reader = reader
        var attribute = attribute
        func note(_ what: String, _ since: ProtocolVersion?) {
            if let since, since > version { found.append("\(path): \(what) (\(since))") }
        }
        while let item = try reader.next() {
            note(item.tag.description, item.tag.since)
            if path.hasSuffix("/CryptographicParameters") || attribute == .cryptographicParameters && path.hasSuffix("/AttributeValue"),
                item.tag == .cryptographicAlgorithm || item.tag == .digitalSignatureAlgorithm
            {
                note(item.tag.description, .v1_2)
            }
            switch item.type {
            case .structure: try walk(try reader.structure(item), "\(path)/\(item.tag)", version, attribute, &found)
            case .enumeration:
                let value = try reader.enumerationValue(item)
                // A batch item repeats the Operation of the request, whatever it was.
                if path.hasSuffix("/BatchItem"), item.tag == .operation { continue }
                let tag = item.tag == .attributeValue ? attribute ?? item.tag : item.tag
                note("\(tag) \(value)", EnumerationTable.since(tag: tag, value: value))
            case .textString where item.tag == .attributeName:
                let name = AttributeName(rawValue: try reader.text(item))
                note(name.rawValue, AttributeDefinition.of(name)?.since)
                attribute = name.tag
            default: break
            }
        }
    }
}
