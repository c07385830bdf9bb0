internal import KMIP
internal import KMIPText

/// One official test case: requests, and what a conforming server answers (KMIP Test Cases 1.4).
public struct CaseFile: Sendable {
    struct Step: Sendable {
        let request: CaseElement
        let response: CaseElement
    }

    /// The file's name without `.xml`: `SKLC-M-1-14`.
    public let name: String
    let steps: [Step]

    /// Reads a case.
    /// - Parameters:
    ///   - name: the file's name, without `.xml`.
    ///   - text: XML.
    /// - Throws: ``CaseError`` where it is not a `<KMIP>` of requests and responses in turn.
    public init(name: String, text: [UInt8]) throws(CaseError) {
        let receiver = CaseFileReceiver()
        var failure: KMIPTextError?
        text.withUnsafeBytes { bytes in
            do throws(KMIPTextError) { try XMLParser.parse(bytes, limits: TextLimits(), receiver: receiver) } catch { failure = error }
        }
        if let failure { throw CaseError("\(name): \(failure)") }
        let messages = receiver.messages
        guard !messages.isEmpty, messages.count.isMultiple(of: 2) else { throw CaseError("\(name): requests and responses are not in pairs") }
        var steps: [Step] = []
        for index in stride(from: 0, to: messages.count, by: 2) {
            guard messages[index].tag == .requestMessage, messages[index + 1].tag == .responseMessage else {
                throw CaseError("\(name), line \(messages[index].line): a request and then its response are expected")
            }
            steps.append(Step(request: messages[index], response: messages[index + 1]))
        }
        self.name = name
        self.steps = steps
    }

    /// How many requests it has.
    public var requestCount: Int { steps.count }

    /// The first identifier is one that Locate finds: an earlier case has made the object.
    var continuesAnother: Bool {
        for step in steps {
            for item in step.response.all(.batchItem) {
                guard let payload = item[.responsePayload], payload.children.contains(where: { $0.variable?.hasPrefix("UNIQUE_IDENTIFIER") == true })
                else { continue }
                return item[.operation]?.text == "Locate"
            }
        }
        return false
    }
}

/// A case that cannot be read or replayed as it stands.
public struct CaseError: Error, Sendable, CustomStringConvertible {
    /// For people.
    public let description: String
    init(_ description: String) { self.description = description }
}

/// Makes elements of an XML text.
private final class CaseFileReceiver: XMLReceiver {
    private(set) var messages: [CaseElement] = []
    private var open: [CaseElement] = []
    private var isInRoot = false

    func start(_ element: XMLElement) throws(KMIPTextError) {
        let name = element.name
        guard isInRoot else {
            guard name == "KMIP" else { throw KMIPTextError(.structure, line: element.line, "a case begins with <KMIP>") }
            isInRoot = true
            return
        }
        guard let tag = Tag(text: name == "TTLV" ? element.text("tag") ?? "" : name) else {
            throw KMIPTextError(.tag, path: name, line: element.line, "no tag has this name")
        }
        let value = element.text("value")
        var type: ItemType?
        if let word = element.text("type") {
            guard let known = ItemType(name: word) else { throw KMIPTextError(.type, path: name, line: element.line, "no type has this name") }
            type = known == .structure ? nil : known
        }
        guard (type == nil) == (value == nil) else { throw KMIPTextError(.type, path: name, line: element.line, "type and value belong together") }
        open.append(CaseElement(tag: tag, type: type, text: value ?? "", line: element.line))
    }

    func end(line: Int) {
        guard let done = open.popLast() else { return }
        if let last = open.indices.last { open[last].children.append(done) } else { messages.append(done) }
    }

    /// One official file has its title between messages.
    func text(line: Int) throws(KMIPTextError) {
        guard open.isEmpty else { throw Self.unexpectedText(line: line) }
    }
}

@available(*, unavailable)
extension CaseFileReceiver: Sendable {}
