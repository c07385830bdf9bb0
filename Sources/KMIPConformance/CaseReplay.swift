internal import KMIP
public import NIOCore

/// Replays one case: gives its requests one after the other and compares what comes back. Does no I/O and reads no clock.
public struct CaseReplay: Sendable {
    /// The case.
    public let file: CaseFile
    private var memory: CaseMemory
    private var next = 0
    private var request: AttributeValue?
    /// The answers that count besides those of the case itself, from cases that exclude one another.
    private let alternatives: [CaseFile]

    /// - Parameters:
    ///   - after: the replay of the case that this one continues.
    ///   - alternatives: cases that ask the same, any answer of which conforms (``LooseRule/exclusiveOutcomes``).
    public init(_ file: CaseFile, after: CaseReplay? = nil, alternatives: [CaseFile] = []) {
        self.file = file
        memory = after?.memory ?? CaseMemory()
        self.alternatives = alternatives
    }

    /// The identifiers of all objects made so far, in order, those of the cases before included.
    public var made: [String] { memory.made }

    /// The loose rules that made a difference so far.
    public var rules: Set<LooseRule> { memory.rules }

    /// The next request as TTLV; nil when the case is done.
    /// - Parameter now: seconds since 1970 UTC.
    /// - Throws: ``CaseError`` where a variable has no value, which an earlier answer should have given.
    public mutating func nextRequest(now: Int64) throws(CaseError) -> ByteBuffer? {
        guard next < file.steps.count else { return nil }
        let value = try memory.value(of: file.steps[next].request, attribute: nil, now: now)
        request = value
        var writer = TTLVWriter()
        value.encode(as: .requestMessage, to: &writer)
        return writer.buffer
    }

    /// Compares the answer to the last request.
    /// - Parameters:
    ///   - response: a whole message, TTLV.
    ///   - now: seconds since 1970 UTC.
    /// - Returns: the first difference; nil where the answer conforms, and the next request may be asked for.
    public mutating func take(_ response: ByteBuffer, now: Int64) -> CaseDifference? {
        guard next < file.steps.count, let request else { return nil }
        let expected = file.steps[next].response
        next += 1
        let actual: AttributeValue
        do { actual = try Self.read(response) } catch {
            return CaseDifference(answer: next, line: expected.line, path: "ResponseMessage", expected: "a message", got: "\(error)")
        }
        var first: CaseDifference?
        for (index, candidate) in ([expected] + alternatives.compactMap { $0.steps.count >= next ? $0.steps[next - 1].response : nil }).enumerated() {
            var comparer = ResponseComparer(memory: memory, request: request, answer: next, now: now)
            do throws(CaseDifference) {
                try comparer.message(candidate, actual)
                memory = comparer.memory
                if index > 0 { memory.note(.exclusiveOutcomes) }
                return nil
            } catch {
                if first == nil {
                    first = error
                    // What the server made has to be cleaned up whatever the rest of the answer says.
                    memory = comparer.memory
                }
            }
        }
        return first
    }

    private static func read(_ message: ByteBuffer) throws(KMIPError) -> AttributeValue {
        var outer = TTLVReader(items: message)
        guard let item = try outer.next(), item.tag == .responseMessage, outer.isAtEnd else {
            _ = try TTLVReader(message: message, tag: .responseMessage)
            return .structure([])
        }
        return try AttributeValue(item, of: outer)
    }
}
