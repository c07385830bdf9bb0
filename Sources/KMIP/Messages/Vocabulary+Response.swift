public import NIOCore

extension Vocabulary {
    /// Holds the payload of a response to the version: leaves out what came later.
    ///
    /// Attributes, fields of Cryptographic Parameters and entries of a Query are left out one by one. What cannot be left out, such as
    /// the Key Format Type of a key, fails the item.
    /// - Parameters:
    ///   - items: the items inside the Response Payload structure.
    ///   - operation: what they answer.
    /// - Returns: `nil` where nothing has to change, which costs one walk over the items' headers.
    /// - Throws: *Key Format Type Not Supported* or *Feature Not Supported* where the version has no words for the answer.
    public func conform(_ items: ByteBuffer, of operation: Operation) throws(OperationFailure) -> ByteBuffer? {
        guard !isNewest else { return nil }
        let scope = Scope(holder: .responsePayload, isList: operation == .query)
        let finding: Finding
        do throws(KMIPError) {
            finding = try survey(TTLVReader(items: items), scope)
            if case .partly = finding {
                var writer = TTLVWriter()
                writer.reserve(items.readableBytes)
                try copy(TTLVReader(items: items), scope, to: &writer)
                return writer.buffer
            }
        } catch {
            throw OperationFailure(.generalFailure, "The answer to \(operation) is not well-formed")
        }
        guard case .not(let tag) = finding else { return nil }
        throw OperationFailure(
            tag == .keyFormatType ? .keyFormatTypeNotSupported : .featureNotSupported,
            "KMIP \(version) has no word for the \(tag) of the answer"
        )
    }

    /// Holds a payload that stands in `writer` from `mark` on to the version, as ``conform(_:of:)`` does.
    public func conform(_ writer: inout TTLVWriter, from mark: Int, of operation: Operation) throws(OperationFailure) {
        guard !isNewest, let items = writer.buffer.getSlice(at: mark, length: writer.count - mark) else { return }
        guard let conforming = try conform(items, of: operation) else { return }
        writer.rewind(to: mark)
        writer.raw(conforming)
    }

    /// What holds an item, and how its values are to be read.
    private struct Scope {
        let holder: Tag
        /// The holder's items are alternatives, each of which can be left out.
        var isList = false
        /// Inside an Attribute: the tag that its value would have outside of one.
        var attribute: Tag?
    }

    private enum Finding {
        case whole
        /// Something can be left out.
        case partly
        /// Something that must be there cannot be said.
        case not(Tag)
    }

    private enum Fate {
        case keep
        case drop
        case enter(Scope)
        case fail
    }

    private func survey(_ reader: TTLVReader, _ scope: Scope) throws(KMIPError) -> Finding {
        var reader = reader
        var isWhole = true
        while let item = try reader.next() {
            switch try fate(of: item, in: reader, scope) {
            case .keep: continue
            case .drop: isWhole = false
            case .fail:
                guard scope.isList else { return .not(item.tag) }
                isWhole = false
            case .enter(let inner):
                switch try survey(reader.structure(item), inner) {
                case .whole: continue
                case .partly: isWhole = false
                case .not(let tag):
                    guard scope.isList || item.tag == .attribute else { return .not(tag) }
                    isWhole = false
                }
            }
        }
        return isWhole ? .whole : .partly
    }

    /// Writes what ``survey(_:_:)`` found can be said.
    private func copy(_ reader: TTLVReader, _ scope: Scope, to writer: inout TTLVWriter) throws(KMIPError) {
        var reader = reader
        while let item = try reader.next() {
            switch try fate(of: item, in: reader, scope) {
            case .keep: writer.raw(reader.raw(item))
            case .drop, .fail: continue
            case .enter(let inner):
                let items = try reader.structure(item)
                if case .not = try survey(items, inner) { continue }
                let mark = writer.beginStructure(item.tag)
                try copy(items, inner, to: &writer)
                writer.endStructure(mark)
            }
        }
    }

    private func fate(of item: TTLVItem, in reader: TTLVReader, _ scope: Scope) throws(KMIPError) -> Fate {
        guard knows(item.tag, in: scope.holder) else { return ManagedObject.tags.contains(item.tag) ? .fail : .drop }
        switch item.type {
        case .structure:
            if item.tag == .attribute {
                var fields = try reader.structure(item)
                guard let first = try fields.next(), first.tag == .attributeName else { return .keep }
                let name = AttributeName(rawValue: try fields.text(first))
                return knows(name) ? .enter(Scope(holder: .attribute, attribute: name.tag)) : .drop
            }
            return .enter(Scope(holder: item.tag == .attributeValue ? scope.attribute ?? item.tag : item.tag))
        case .enumeration:
            let tag = item.tag == .attributeValue ? scope.attribute ?? item.tag : item.tag
            if knows(try reader.enumerationValue(item), of: tag) { return .keep }
            // Each field of Cryptographic Parameters may be absent.
            return scope.holder == .cryptographicParameters ? .drop : .fail
        case .textString where item.tag == .attributeName && scope.holder != .attribute:
            return knows(AttributeName(rawValue: try reader.text(item))) ? .keep : .drop
        default: return .keep
        }
    }
}
