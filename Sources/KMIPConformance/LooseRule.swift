/// Where an answer may differ from the case and conform all the same. Everything that no rule names is compared strictly: status,
/// reason, structure, order, types and values.
///
/// The standard's own list is *Permitted Test Case Variations* of the KMIP Profiles 1.4; each rule here is one of its entries, or says
/// why it is needed beside them.
public enum LooseRule: String, Sendable, Hashable, CaseIterable {
    case identifiers
    case times
    case resultMessage = "result-message"
    case serverText = "server-text"
    case headerCorrelation = "header-correlation"
    case protocolVersion = "protocol-version"
    case correlationValue = "correlation-value"
    case generatedValues = "generated-values"
    case generatedDigest = "generated-digest"
    case generatedFormat = "generated-format"
    case randomNumberGenerator = "random-number-generator"
    case attributeOrder = "attribute-order"
    case furtherAttributes = "further-attributes"
    case attributeIndex = "attribute-index"
    case queryLists = "query-lists"
    case serverSentOperations = "server-sent-operations"
    case capabilities
    case bigIntegerPadding = "big-integer-padding"
    case exclusiveOutcomes = "exclusive-outcomes"

    /// What it lets pass, in a sentence.
    public var text: String {
        switch self {
        case .identifiers:
            "Identifiers and what else the case writes as a variable are the server's: the first sight binds it, every later one must be the same, and no two objects share an identifier."
        case .times:
            "Dates written as $NOW may be \(CaseMemory.clockTolerance) s off; dates that the case fixes are compared exactly."
        case .resultMessage: "Result Message is the server's own text, and may be left out."
        case .serverText: "Vendor Identification is the server's own text, and Server Information has its own content; both must be there."
        case .headerCorrelation:
            """
            Server Correlation Value is the server's; it, and the client's own value sent back, may stand where the case has none, and are \
            never missing where it has one.
            """
        case .protocolVersion: "An answer has the version of its request, as KMIP demands; OMOS-O-1 writes 1.3 in the answer to a request of 1.4."
        case .correlationValue:
            "The Correlation Value of a stream is the server's and may change with each answer; it must come when the case has one."
        case .generatedValues:
            """
            Bytes that come out of the server's random numbers: the material of keys it made, what it computed with such keys or with an IV \
            of its own, what a public key encrypts (OAEP's padding is random), and RNG Retrieve. The length must be that of the case; the \
            first sight binds the case's value to the server's, and from then on it must be the same in answers and is put into requests.
            """
        case .generatedDigest: "The Digest of an object that the server made has its own value, hash and format; it must be there and be whole."
        case .generatedFormat: "An object that the server made comes in a Key Format Type of its choice where the request names none."
        case .randomNumberGenerator: "The Random Number Generator that made an object, and those that Query lists, are the server's own."
        case .attributeOrder: "Attributes may come in any order in the answers of Get Attributes and Get Attribute List."
        case .furtherAttributes: "Get Attribute List, and Get Attributes without names, may have attributes beyond those of the case, never fewer."
        case .attributeIndex: "An Attribute Index of 0 may be written or left out."
        case .queryLists: "Query may list more than the case, in any order, never less."
        case .serverSentOperations:
            "Query may leave out Notify and Put: a server sends them and takes neither, and no profile of these cases requires them."
        case .capabilities: "The values in Capability Information are the server's own; every field of the case must be there with its type."
        case .bigIntegerPadding: "Big Integers are compared as numbers: bytes that only extend the sign do not count."
        case .exclusiveOutcomes:
            "CS-RNG-O-1 to CS-RNG-O-4 ask the same and exclude one another (all, a part, nothing of the seed is used, or it is denied): the answer must be that of one of them."
        }
    }
}
