import KMIP
import KMIPConformance
import KMIPText
import NIOCore

/// Cases and answers written down for a test.
enum CaseText {
    static func header(_ kind: String, extra: String = "", minor: Int = 4, count: Int = 1) -> String {
        let stamp = kind == "Response" ? "<TimeStamp type='DateTime' value='$NOW'/>" : ""
        return """
            <\(kind)Header><ProtocolVersion><ProtocolVersionMajor type='Integer' value='1'/><ProtocolVersionMinor type='Integer' value='\(minor)'/>\
            </ProtocolVersion>\(stamp)\(extra)<BatchCount type='Integer' value='\(count)'/></\(kind)Header>
            """
    }

    static func request(_ operation: String, _ payload: String) -> String {
        """
        <RequestMessage>\(header("Request"))<BatchItem><Operation type='Enumeration' value='\(operation)'/>\
        <RequestPayload>\(payload)</RequestPayload></BatchItem></RequestMessage>
        """
    }

    static func response(_ operation: String, _ payload: String, header extra: String = "", minor: Int = 4) -> String {
        """
        <ResponseMessage>\(header("Response", extra: extra, minor: minor))<BatchItem><Operation type='Enumeration' value='\(operation)'/>\
        <ResultStatus type='Enumeration' value='Success'/><ResponsePayload>\(payload)</ResponsePayload></BatchItem></ResponseMessage>
        """
    }

    static func failure(_ operation: String, reason: String, message: String? = nil) -> String {
        let text = message.map { "<ResultMessage type='TextString' value='\($0)'/>" } ?? ""
        return """
            <ResponseMessage>\(header("Response"))<BatchItem><Operation type='Enumeration' value='\(operation)'/>\
            <ResultStatus type='Enumeration' value='OperationFailed'/><ResultReason type='Enumeration' value='\(reason)'/>\(text)</BatchItem></ResponseMessage>
            """
    }

    static func id(_ value: String) -> String { "<UniqueIdentifier type='TextString' value='\(value)'/>" }
    static func data(_ value: String) -> String { "<Data type='ByteString' value='\(value)'/>" }

    static func attribute(_ name: String, _ type: String, _ value: String, index: Int? = nil) -> String {
        let index = index.map { "<AttributeIndex type='Integer' value='\($0)'/>" } ?? ""
        return "<Attribute><AttributeName type='TextString' value='\(name)'/>\(index)<AttributeValue type='\(type)' value='\(value)'/></Attribute>"
    }
}

/// Replays a case of request–answer pairs against answers that are given with it.
struct Trial {
    static let now: Int64 = 1_800_000_000

    /// - Parameters:
    ///   - steps: a request, the answer of the case, the answer of the server, where `$NOW` is the present.
    /// - Returns: the differences by step, the requests as XML, and the rules.
    static func run(_ steps: [(request: String, expected: String, got: String)], alternatives: [String] = []) throws -> (
        differences: [CaseDifference?], requests: [String], rules: Set<LooseRule>, made: [String]
    ) {
        let text = "<KMIP>" + steps.map { $0.request + $0.expected }.joined() + "</KMIP>"
        let others = try alternatives.map { try CaseFile(name: "other", text: Array("<KMIP>\(steps[0].request)\($0)</KMIP>".utf8)) }
        var replay = CaseReplay(try CaseFile(name: "case", text: Array(text.utf8)), alternatives: others)
        var differences: [CaseDifference?] = []
        var requests: [String] = []
        for step in steps {
            guard let request = try replay.nextRequest(now: now) else { break }
            requests.append(String(buffer: try XMLMessage.encode(request)))
            let answer = step.got.replacing("$NOW", with: "2027-01-15T08:00:00Z")
            differences.append(replay.take(try XMLMessage.decode(ByteBuffer(string: answer)), now: now))
        }
        return (differences, requests, replay.rules, replay.made)
    }

    /// One request, one answer.
    static func one(_ operation: String, request: String = "", expected: String, got: String) throws -> CaseDifference? {
        try run([(CaseText.request(operation, request), CaseText.response(operation, expected), CaseText.response(operation, got))]).differences[0]
    }
}
