internal import KMIP
internal import KMIPText

/// Compares one answer with the one that the case has. Strict but for ``LooseRule``.
struct ResponseComparer {
    /// What is known of the item that is compared.
    struct Item {
        let operation: String
        /// The request's payload, variables put in.
        let request: AttributeValue?
        /// The object's value came out of the server's random numbers.
        let isGenerated: Bool
        /// An Encrypt for which the server chose the IV.
        let hasServerIV: Bool
        /// An Encrypt with a public key, whose padding is random.
        let hasRandomPadding: Bool
        /// The request named the attributes it wants.
        var namesAttributes: Bool { request?[.attributeName] != nil }
        /// The request named the format it wants.
        var namesFormat: Bool { request?[.keyFormatType] != nil }
    }

    private(set) var memory: CaseMemory
    let request: AttributeValue
    let answer: Int
    let now: Int64

    init(memory: CaseMemory, request: AttributeValue, answer: Int, now: Int64) {
        self.memory = memory
        self.request = request
        self.answer = answer
        self.now = now
    }

    mutating func note(_ rule: LooseRule) { memory.note(rule) }
    mutating func bind(_ name: Substring, _ value: AttributeValue) { memory.bind(name, value) }
    mutating func bindGenerated(_ digits: String, _ bytes: [UInt8]) { memory.bindGenerated(digits, bytes) }

    // MARK: Message

    /// Header first, then the items; the count last: a failed item says more than its number.
    mutating func message(_ expected: CaseElement, _ actual: AttributeValue) throws(CaseDifference) {
        let header = expected[.responseHeader]
        if let header { try self.header(header, actual[.responseHeader]) }
        let items = actual.fields.filter { $0.tag == .batchItem }.map(\.value)
        let requests = request.fields.filter { $0.tag == .batchItem }.map(\.value)
        let expectedItems = expected.all(.batchItem)
        for (index, item) in expectedItems.enumerated() {
            let path = expectedItems.count == 1 ? "BatchItem" : "BatchItem[\(index + 1)]"
            guard index < items.count else { throw difference(item, path, "an item", "\(items.count) items") }
            try self.item(item, items[index], request: index < requests.count ? requests[index] : nil, path: path)
        }
        guard items.count == expectedItems.count else {
            throw difference(expected, "ResponseMessage", "\(expectedItems.count) items", "\(items.count)")
        }
        if let count = header?[.batchCount], actual[.responseHeader]?[.batchCount] != .integer(Int32(items.count)) {
            throw difference(count, "ResponseHeader/BatchCount", count.text, "another number")
        }
    }

    private mutating func header(_ expected: CaseElement, _ actual: AttributeValue?) throws(CaseDifference) {
        guard let actual else { throw difference(expected, "ResponseHeader", "a header", "none") }
        var got = actual.fields.filter { $0.tag != .batchCount }
        for tag in [Tag.clientCorrelationValue, .serverCorrelationValue] where expected[tag] == nil && actual[tag] != nil {
            guard tag == .serverCorrelationValue || actual[tag] == request[.requestHeader]?[tag] else {
                throw difference(expected, "ResponseHeader/\(tag)", "the request's own value", "another")
            }
            got.removeAll { $0.tag == tag }
            note(.headerCorrelation)
        }
        var wanted = expected.children.filter { $0.tag != .batchCount }
        if let written = wanted.first(where: { $0.tag == .protocolVersion }), let version = request[.requestHeader]?[.protocolVersion] {
            guard actual[.protocolVersion] == version else {
                throw difference(written, "ResponseHeader/ProtocolVersion", "that of the request", "another")
            }
            let literal = written.children.map { Int32($0.text) }
            if literal != version.fields.map({ if case .integer(let number) = $0.value { number } else { nil } }) { note(.protocolVersion) }
            wanted.removeAll { $0.tag == .protocolVersion }
            got.removeAll { $0.tag == .protocolVersion }
        }
        try ordered(wanted, got, in: nil, path: "ResponseHeader", of: expected)
    }

    private mutating func item(_ expected: CaseElement, _ actual: AttributeValue, request: AttributeValue?, path: String) throws(CaseDifference) {
        let operation = expected[.operation]?.text ?? ""
        let requestPayload = request?[.requestPayload]
        if let payload = actual[.responsePayload], actual[.resultStatus] == .enumeration(ResultStatus.success.rawValue) {
            memory.learn(operation: operation, request: requestPayload, payload: payload)
        }
        // The status first: it explains whatever else is missing.
        if let status = expected[.resultStatus] { try self.status(status, actual, path: path) }
        let identifier = actual[.responsePayload]?[.uniqueIdentifier]?.textValue
        let context = Item(
            operation: operation,
            request: requestPayload,
            isGenerated: identifier.map { memory.generatedObjects.contains($0) } ?? false,
            hasServerIV: operation == "Encrypt" && requestPayload?[.ivCounterNonce] == nil && expected[.responsePayload]?[.ivCounterNonce] != nil,
            hasRandomPadding: operation == "Encrypt" && identifier.map { memory.publicKeys.contains($0) } ?? false
        )
        var got = actual.fields
        if actual[.resultMessage] != nil || expected[.resultMessage] != nil {
            got.removeAll { $0.tag == .resultMessage }
            note(.resultMessage)
        }
        try ordered(expected.children.filter { $0.tag != .resultMessage }, got, in: context, path: path, of: expected)
    }

    private func status(_ expected: CaseElement, _ item: AttributeValue, path: String) throws(CaseDifference) {
        guard let value = item[.resultStatus], value != ValueText.value(expected.text, .enumeration, meaning: .resultStatus) else { return }
        var got = ValueText.text(value, meaning: .resultStatus)
        if let reason = item[.resultReason] { got += " \(ValueText.text(reason, meaning: .resultReason))" }
        if let message = item[.resultMessage]?.textValue { got += " '\(ValueText.short(message))'" }
        throw difference(expected, path + "/ResultStatus", expected.text, got)
    }

    func difference(_ element: CaseElement, _ path: String, _ expected: String, _ got: String) -> CaseDifference {
        CaseDifference(answer: answer, line: element.line, path: path, expected: expected, got: got)
    }
}
