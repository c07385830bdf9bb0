internal import CExpat

/// What is told about an XML text, in its order.
package protocol XMLReceiver: AnyObject {
    func start(_ element: XMLElement) throws(KMIPTextError)
    func end(line: Int) throws(KMIPTextError)
    /// Text that is not blank, between elements. Throws where the receiver has no use for it.
    func text(line: Int) throws(KMIPTextError)
}

extension XMLReceiver {
    /// What a receiver throws that has no use for text between elements.
    package static func unexpectedText(line: Int) -> KMIPTextError {
        KMIPTextError(.syntax, line: line, "text between elements; a value stands in the attribute 'value'")
    }
}

/// A start tag; lives during ``XMLReceiver/start(_:)`` only.
package struct XMLElement {
    fileprivate let rawName: UnsafePointer<XML_Char>
    fileprivate let attributes: UnsafeMutablePointer<UnsafePointer<XML_Char>?>?
    /// In the text, from 1.
    package let line: Int

    package var name: String { String(cString: rawName) }

    /// An attribute's value with entities resolved, as UTF-8; nil where there is none. Valid while the element is.
    package func bytes(_ attribute: StaticString) -> UnsafeBufferPointer<UInt8>? {
        guard var next = attributes else { return nil }
        while let key = next[0], let value = next[1] {
            if Self.equal(key, attribute) {
                let count = Self.length(value)
                return UnsafeBufferPointer(start: UnsafeRawPointer(value).assumingMemoryBound(to: UInt8.self), count: count)
            }
            next += 2
        }
        return nil
    }

    /// ``bytes(_:)`` as text.
    package func text(_ attribute: StaticString) -> String? { bytes(attribute)?.text }

    private static func length(_ text: UnsafePointer<XML_Char>) -> Int {
        var count = 0
        while text[count] != 0 { count += 1 }
        return count
    }

    private static func equal(_ text: UnsafePointer<XML_Char>, _ other: StaticString) -> Bool {
        let count = other.utf8CodeUnitCount
        for index in 0..<count where UInt8(bitPattern: text[index]) != other.utf8Start[index] { return false }
        return text[count] == 0
    }
}

@available(*, unavailable)
extension XMLElement: Sendable {}

/// Reads XML that consists of elements and attributes alone. Document types, and with them entities, are refused: KMIP has no use for
/// them, and they let a small text stand for a huge one or for a file.
package enum XMLParser {
    /// - Parameter text: UTF-8, or another encoding that its declaration names and that expat knows.
    /// - Throws: ``KMIPTextError`` `.syntax` where it is not well-formed, `.limit` where it is too long, and what `receiver` throws;
    ///   nothing is told to the receiver after that.
    package static func parse(_ text: UnsafeRawBufferPointer, limits: TextLimits, receiver: any XMLReceiver) throws(KMIPTextError) {
        guard text.count <= limits.bytes, let length = Int32(exactly: text.count) else {
            throw KMIPTextError(.limit, "the text is longer than \(limits.bytes) bytes")
        }
        guard let parser = XML_ParserCreate(nil) else { throw KMIPTextError(.limit, "there is no memory for a parser") }
        defer { XML_ParserFree(parser) }
        let state = ParserState(parser: parser, receiver: receiver)
        XML_SetUserData(parser, Unmanaged.passUnretained(state).toOpaque())
        XML_SetElementHandler(
            parser,
            { data, name, attributes in
                guard let name else { return }
                ParserState.of(data)?.start(name, attributes)
            },
            { data, _ in ParserState.of(data)?.end() }
        )
        XML_SetCharacterDataHandler(parser) { data, text, length in
            ParserState.of(data)?.characters(UnsafeBufferPointer(start: text, count: Int(length)))
        }
        XML_SetStartDoctypeDeclHandler(parser) { data, _, _, _, _ in ParserState.of(data)?.refuse("a document type is not taken") }
        let status = withExtendedLifetime(state) {
            XML_Parse(parser, text.bindMemory(to: XML_Char.self).baseAddress, length, 1)
        }
        if let failure = state.failure { throw failure }
        guard status == XML_STATUS_OK else {
            let reason = XML_ErrorString(XML_GetErrorCode(parser)).map { String(cString: $0) } ?? "not well-formed"
            throw KMIPTextError(.syntax, line: state.line, reason)
        }
    }
}

/// What the C callbacks share during one parse, on one thread.
private final class ParserState {
    private let parser: XML_Parser
    private let receiver: any XMLReceiver
    private(set) var failure: KMIPTextError?

    init(parser: XML_Parser, receiver: any XMLReceiver) {
        self.parser = parser
        self.receiver = receiver
    }

    static func of(_ data: UnsafeMutableRawPointer?) -> ParserState? {
        data.map { Unmanaged<ParserState>.fromOpaque($0).takeUnretainedValue() }
    }

    var line: Int { Int(XML_GetCurrentLineNumber(parser)) }

    func start(_ name: UnsafePointer<XML_Char>, _ attributes: UnsafeMutablePointer<UnsafePointer<XML_Char>?>?) {
        guard failure == nil else { return }
        do throws(KMIPTextError) {
            try receiver.start(XMLElement(rawName: name, attributes: attributes, line: line))
        } catch { stop(error) }
    }

    func end() {
        guard failure == nil else { return }
        do throws(KMIPTextError) { try receiver.end(line: line) } catch { stop(error) }
    }

    func characters(_ text: UnsafeBufferPointer<XML_Char>) {
        guard failure == nil else { return }
        if text.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }) { return }
        do throws(KMIPTextError) { try receiver.text(line: line) } catch { stop(error) }
    }

    func refuse(_ detail: String) { stop(KMIPTextError(.syntax, line: line, detail)) }

    private func stop(_ error: KMIPTextError) {
        if failure == nil { failure = error }
        XML_StopParser(parser, XML_Bool(XML_FALSE))
    }
}
