public import NIOCore

extension Vocabulary {
    /// Refuses what a request asks for in words that its version does not have, where taking it would promise what the same client
    /// cannot read back: objects and key formats, attributes with their values, operations in several parts.
    ///
    /// Other fields of later versions are taken, since clients in the field send them (an Offset Items inside 1.0).
    /// - Parameters:
    ///   - items: the items inside the Request Payload structure.
    ///   - operation: what they ask for.
    /// - Throws: *Operation Not Supported*, *Invalid Field*, *Key Format Type Not Supported*, *Feature Not Supported*; nothing for a
    ///   malformed payload, which its own decoder describes better.
    public func admit(_ items: ByteBuffer, of operation: Operation) throws(OperationFailure) {
        guard !isNewest else { return }
        guard (operation.since ?? .v1_0) <= version else { throw failure(.operationNotSupported, operation.description, operation.since) }
        // Delete Attribute names its attribute outside of an Attribute structure; elsewhere such a name asks for what may not be there.
        try admit(TTLVReader(items: items), in: operation == .deleteAttribute ? .attribute : .requestPayload, attribute: nil)
    }

    private func admit(_ reader: TTLVReader, in holder: Tag, attribute: AttributeName?) throws(OperationFailure) {
        var reader = reader
        var attribute = attribute
        while let item = try? reader.next() {
            switch item.tag {
            case .attributeName where holder == .attribute:
                let name = AttributeName(rawValue: (try? reader.text(item)) ?? "")
                guard knows(name) else {
                    throw failure(.invalidField, "the attribute \(name)", AttributeDefinition.of(name)?.since)
                }
                attribute = name
            case .attributeValue:
                try admit(item, of: reader, as: attribute?.tag, .invalidField)
                if item.type == .structure, let value = try? reader.structure(item) { try admit(value, in: .attributeValue, attribute: attribute) }
            case .objectType: try admit(item, of: reader, as: .objectType, .invalidField)
            case .keyFormatType: try admit(item, of: reader, as: .keyFormatType, .keyFormatTypeNotSupported)
            case .initIndicator, .finalIndicator, .correlationValue:
                guard knows(item.tag) else { throw failure(.featureNotSupported, "an operation in several parts", item.tag.since) }
            default:
                guard knows(item.tag) || !ManagedObject.tags.contains(item.tag) else {
                    throw failure(.invalidField, "the object \(item.tag)", item.tag.since)
                }
                if item.type == .structure, let inner = try? reader.structure(item) { try admit(inner, in: item.tag, attribute: nil) }
            }
        }
    }

    private func admit(_ item: TTLVItem, of reader: TTLVReader, as tag: Tag?, _ reason: ResultReason) throws(OperationFailure) {
        guard item.type == .enumeration, let tag, let value = try? reader.enumerationValue(item), !knows(value, of: tag) else { return }
        let name = EnumerationTable.name(tag: tag, value: value) ?? ""
        throw failure(reason, "the \(tag) \(name)", EnumerationTable.since(tag: tag, value: value))
    }

    private func failure(_ reason: ResultReason, _ what: String, _ since: ProtocolVersion?) -> OperationFailure {
        OperationFailure(reason, "KMIP \(version) does not have \(what); it came with \(since ?? .v1_4)")
    }
}
