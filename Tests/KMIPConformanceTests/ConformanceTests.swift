import KMIPConformance
import Testing

/// What the comparer sees and what it lets pass: one that passes everything would be worse than none.
@Suite struct ConformanceTests {
    @Test("an answer that is the case's own has no difference")
    func same() throws {
        let payload = CaseText.id("a") + CaseText.data("0102")
        #expect(try Trial.one("Decrypt", request: CaseText.id("a"), expected: payload, got: payload) == nil)
    }

    @Test(
        "a wrong value, type, tag, order, a missing and a further element are seen, with their path",
        arguments: [
            ("<Data type='ByteString' value='0103'/>", "BatchItem/ResponsePayload/Data"),
            ("<Data type='ByteString' value='010200'/>", "BatchItem/ResponsePayload/Data"),
            ("<Data type='TextString' value='0102'/>", "BatchItem/ResponsePayload/Data"),
            ("<IVCounterNonce type='ByteString' value='0102'/>", "BatchItem/ResponsePayload/Data"),
            ("", "BatchItem/ResponsePayload/Data"),
            ("<Data type='ByteString' value='0102'/><IVCounterNonce type='ByteString' value=''/>", "BatchItem/ResponsePayload/IVCounterNonce"),
        ])
    func differences(_ got: String, _ path: String) throws {
        let difference = try #require(try Trial.one("Decrypt", expected: CaseText.id("a") + CaseText.data("0102"), got: CaseText.id("a") + got))
        #expect(difference.path == path && difference.answer == 1)
        let swapped = try Trial.one("Decrypt", expected: CaseText.id("a") + CaseText.data("0102"), got: CaseText.data("0102") + CaseText.id("a"))
        #expect(swapped?.path == "BatchItem/ResponsePayload/UniqueIdentifier")
    }

    @Test("status and reason are exact, the message is free")
    func status() throws {
        let request = CaseText.request("Get", CaseText.id("a"))
        let expected = CaseText.failure("Get", reason: "PermissionDenied", message: "DENIED")
        func difference(_ got: String) throws -> CaseDifference? { try Trial.run([(request, expected, got)]).differences[0] }
        #expect(try difference(CaseText.failure("Get", reason: "PermissionDenied", message: "no")) == nil)
        #expect(try difference(CaseText.failure("Get", reason: "PermissionDenied")) == nil)
        #expect(try difference(CaseText.failure("Get", reason: "ItemNotFound"))?.path == "BatchItem/ResultReason")
        #expect(try difference(CaseText.response("Get", CaseText.id("a")))?.path == "BatchItem/ResultStatus")
        let failed = try Trial.run([
            (request, CaseText.response("Get", CaseText.id("a")), CaseText.failure("Get", reason: "ItemNotFound", message: "gone"))
        ]).differences[0]
        #expect(failed?.got.contains("ItemNotFound 'gone'") == true)
    }

    @Test("an identifier is bound at first sight and is fixed from then on")
    func identifiers() throws {
        let create = (
            CaseText.request("Create", ""), CaseText.response("Create", CaseText.id("$UNIQUE_IDENTIFIER_0")),
            CaseText.response("Create", CaseText.id("L4-1"))
        )
        func get(_ got: String) -> (String, String, String) {
            (
                CaseText.request("Get", CaseText.id("$UNIQUE_IDENTIFIER_0")), CaseText.response("Get", CaseText.id("$UNIQUE_IDENTIFIER_0")),
                CaseText.response("Get", CaseText.id(got))
            )
        }
        let right = try Trial.run([create, get("L4-1")])
        #expect(right.differences == [nil, nil] && right.requests[1].contains("value=\"L4-1\"") && right.made == ["L4-1"])
        #expect(try Trial.run([create, get("L4-2")]).differences[1]?.path == "BatchItem/ResponsePayload/UniqueIdentifier")
        let second = (
            CaseText.request("Create", ""), CaseText.response("Create", CaseText.id("$UNIQUE_IDENTIFIER_1")),
            CaseText.response("Create", CaseText.id("L4-1"))
        )
        #expect(try Trial.run([create, second]).differences[1] != nil, "two objects share an identifier")
        #expect(throws: CaseError.self) { try Trial.run([get("L4-1")]) }
    }

    @Test("a date may be off by the tolerance where it is $NOW, and not at all where it is fixed")
    func dates() throws {
        func difference(_ expected: String, _ got: String) throws -> CaseDifference? {
            let attribute: (String) -> String = { CaseText.attribute("Activation Date", "DateTime", $0) }
            return try Trial.one("GetAttributes", expected: attribute(expected), got: attribute(got))
        }
        #expect(try difference("$NOW", "2027-01-15T08:05:00Z") == nil)
        #expect(try difference("$NOW", "2027-01-15T08:05:01Z") != nil)
        #expect(try difference("$NOW-3600", "2027-01-15T07:00:00Z") == nil)
        #expect(try difference("$NOW-3600", "2027-01-15T08:00:00Z") != nil)
        #expect(try difference("1970-01-01T00:00:06+00:00", "1970-01-01T00:00:07+00:00") != nil)
    }

    @Test("what the server generates has the length of the case and stays the same; what it was given is exact")
    func generated() throws {
        func steps(_ make: String, _ material: String, _ again: String) -> [(String, String, String)] {
            let key: (String) -> String = {
                "<SymmetricKey><KeyBlock><KeyValue><KeyMaterial type='ByteString' value='\($0)'/></KeyValue></KeyBlock></SymmetricKey>"
            }
            let get = { (got: String) -> (String, String, String) in
                (
                    CaseText.request("Get", CaseText.id("$UNIQUE_IDENTIFIER_0")),
                    CaseText.response("Get", CaseText.id("$UNIQUE_IDENTIFIER_0") + key("aabb")), CaseText.response("Get", CaseText.id("k") + key(got))
                )
            }
            return [
                (CaseText.request(make, ""), CaseText.response(make, CaseText.id("$UNIQUE_IDENTIFIER_0")), CaseText.response(make, CaseText.id("k"))),
                get(material), get(again),
            ]
        }
        #expect(try Trial.run(steps("Create", "0102", "0102")).differences == [nil, nil, nil])
        #expect(try Trial.run(steps("Create", "010203", "010203")).differences[1] != nil, "another length")
        #expect(try Trial.run(steps("Create", "0102", "0103")).differences[2] != nil, "another value than before")
        #expect(try Trial.run(steps("Register", "aabb", "aabb")).differences == [nil, nil, nil])
        #expect(try Trial.run(steps("Register", "0102", "0102")).differences[1] != nil, "registered material is exact")
    }

    @Test("a ciphertext made with a generated key goes into the requests after it, and its plaintext is exact")
    func ciphertext() throws {
        let identifier = CaseText.id("$UNIQUE_IDENTIFIER_0")
        func steps(_ plaintext: String) -> [(String, String, String)] {
            [
                (CaseText.request("Create", ""), CaseText.response("Create", identifier), CaseText.response("Create", CaseText.id("k"))),
                (
                    CaseText.request("Encrypt", identifier + CaseText.data("0102")), CaseText.response("Encrypt", identifier + CaseText.data("aabb")),
                    CaseText.response("Encrypt", CaseText.id("k") + CaseText.data("ccdd"))
                ),
                (
                    CaseText.request("Decrypt", identifier + CaseText.data("aabb")), CaseText.response("Decrypt", identifier + CaseText.data("0102")),
                    CaseText.response("Decrypt", CaseText.id("k") + CaseText.data(plaintext))
                ),
            ]
        }
        let right = try Trial.run(steps("0102"))
        #expect(right.differences == [nil, nil, nil] && right.requests[2].contains("value=\"ccdd\""))
        #expect(try Trial.run(steps("0103")).differences[2] != nil)
    }

    @Test("an Encrypt with the server's IV is free in its bytes, one with the client's is not")
    func serverIV() throws {
        let iv: (String) -> String = { "<IVCounterNonce type='ByteString' value='\($0)'/>" }
        #expect(
            try Trial.one("Encrypt", request: CaseText.data("00"), expected: CaseText.data("aabb") + iv("01"), got: CaseText.data("ccdd") + iv("02"))
                == nil)
        #expect(try Trial.one("Encrypt", request: CaseText.data("00") + iv("01"), expected: CaseText.data("aabb"), got: CaseText.data("ccdd")) != nil)
        let next = (
            CaseText.request("Decrypt", CaseText.data("$DATA_0") + iv("$IV_COUNTER_NONCE")), CaseText.response("Decrypt", CaseText.data("00")),
            CaseText.response("Decrypt", CaseText.data("00"))
        )
        let run = try Trial.run([
            (
                CaseText.request("Encrypt", CaseText.data("00")), CaseText.response("Encrypt", CaseText.data("aabb") + iv("01")),
                CaseText.response("Encrypt", CaseText.data("ccdd") + iv("02"))
            ), next,
        ])
        #expect(run.requests[1].contains("value=\"ccdd\"") && run.requests[1].contains("value=\"02\""))
    }

    @Test("attributes come in any order; a named list is whole and no more; a free one may have more")
    func attributes() throws {
        let state = CaseText.attribute("State", "Enumeration", "Active")
        let length = CaseText.attribute("Cryptographic Length", "Integer", "128", index: 0)
        let bare = CaseText.attribute("Cryptographic Length", "Integer", "128")
        let other = CaseText.attribute("Object Type", "Enumeration", "SymmetricKey")
        let names = "<AttributeName type='TextString' value='State'/><AttributeName type='TextString' value='Cryptographic Length'/>"
        func difference(_ request: String, _ got: String) throws -> CaseDifference? {
            try Trial.one("GetAttributes", request: request, expected: state + bare, got: got)
        }
        #expect(try difference(names, length + state) == nil)
        #expect(try difference(names, state) != nil, "one is missing")
        #expect(try difference(names, length + state + other) != nil, "one was not asked for")
        #expect(try difference("", length + state + other) == nil)
        #expect(
            try difference("", CaseText.attribute("State", "Enumeration", "PreActive") + length)?.path
                == "BatchItem/ResponsePayload/Attribute(State)/AttributeValue")
        #expect(try difference("", state + CaseText.attribute("Cryptographic Length", "Integer", "128", index: 1)) != nil, "another index")
        #expect(try Trial.one("AddAttribute", expected: state, got: state + other) != nil)
    }

    @Test("Query may list more in any order, never less")
    func query() throws {
        let operation: (String) -> String = { "<Operation type='Enumeration' value='\($0)'/>" }
        let expected = operation("Get") + operation("Create")
        #expect(try Trial.one("Query", expected: expected, got: operation("Create") + operation("Locate") + operation("Get")) == nil)
        #expect(try Trial.one("Query", expected: expected, got: operation("Get") + operation("Locate"))?.expected == "Create")
        #expect(try Trial.one("Query", expected: expected + operation("Put"), got: expected) == nil, "the server sends Put, it does not take it")
    }

    @Test("the number of items counts, and the header's version is that of the request")
    func batch() throws {
        let request = CaseText.request("Get", CaseText.id("a"))
        let expected = CaseText.response("Get", CaseText.id("a"))
        let none = "<ResponseMessage>\(CaseText.header("Response", count: 0))</ResponseMessage>"
        #expect(try Trial.run([(request, expected, none)]).differences[0] != nil)
        let older = CaseText.response("Get", CaseText.id("a"), minor: 3)
        #expect(try Trial.run([(request, expected, older)]).differences[0]?.path == "ResponseHeader/ProtocolVersion")
        #expect(try Trial.run([(request, older, expected)]).differences == [nil])
    }

    @Test("a Server Correlation Value is free, and missing where the case has one is a difference")
    func correlation() throws {
        let value: (String) -> String = { "<ServerCorrelationValue type='TextString' value='\($0)'/>" }
        let request = CaseText.request("Get", CaseText.id("a"))
        let (with, without) = (CaseText.response("Get", "", header: value("a")), CaseText.response("Get", ""))
        #expect(try Trial.run([(request, with, CaseText.response("Get", "", header: value("b")))]).differences == [nil])
        #expect(try Trial.run([(request, without, with)]).differences == [nil])
        #expect(try Trial.run([(request, with, without)]).differences[0] != nil)
    }

    @Test("of cases that exclude one another any outcome conforms, and no other")
    func exclusive() throws {
        let length: (Int) -> String = { CaseText.response("RNGSeed", "<DataLength type='Integer' value='\($0)'/>") }
        let denied = CaseText.failure("RNGSeed", reason: "PermissionDenied")
        func difference(_ got: String) throws -> CaseDifference? {
            try Trial.run([(CaseText.request("RNGSeed", CaseText.data("00")), length(32), got)], alternatives: [length(16), length(0), denied])
                .differences[0]
        }
        #expect(try difference(length(32)) == nil)
        #expect(try difference(length(0)) == nil)
        #expect(try difference(denied) == nil)
        #expect(try difference(length(31)) != nil)
        #expect(try difference(CaseText.failure("RNGSeed", reason: "OperationNotSupported")) != nil)
    }

    @Test("big integers are numbers: what only extends the sign does not count")
    func bigIntegers() throws {
        let modulus: (String) -> String = { "<Modulus type='BigInteger' value='\($0)'/>" }
        #expect(try Trial.one("Get", expected: modulus("0000000000000000f000000000000000"), got: modulus("0000000000000000f000000000000000")) == nil)
        #expect(try Trial.one("Get", expected: modulus("000000000000000000000000000000f0"), got: modulus("00000000000000f0")) == nil)
        #expect(try Trial.one("Get", expected: modulus("0000000000000000f000000000000000"), got: modulus("f000000000000000")) != nil)
    }

    @Test("a case goes on with what the one before it made, and is ordered by its number")
    func suite() throws {
        let make = "<KMIP>\(CaseText.request("Create", ""))\(CaseText.response("Create", CaseText.id("$UNIQUE_IDENTIFIER_0")))</KMIP>"
        let find = "<KMIP>\(CaseText.request("Locate", ""))\(CaseText.response("Locate", CaseText.id("$UNIQUE_IDENTIFIER_0")))</KMIP>"
        let texts = [("TL-M-10-14", find), ("TL-M-9-14", make), ("SKLC-M-1-14", make), ("MSGENC-XML-M-1-14", make)]
        let suite = CaseSuite(try texts.map { try CaseFile(name: $0.0, text: Array($0.1.utf8)) })
        #expect(suite.entries.map(\.file.name) == ["MSGENC-XML-M-1-14", "SKLC-M-1-14", "TL-M-9-14", "TL-M-10-14"])
        #expect(suite.entries.map(\.continuesPrevious) == [false, false, false, true])
        #expect(try suite.entries(named: ["TL-M-10"]).map(\.file.name) == ["TL-M-9-14", "TL-M-10-14"])
        #expect(throws: CaseError.self) { try suite.entries(named: ["TL-M-11"]) }
        #expect(suite.entries[0].obstacle(over: .ttlv) != nil && suite.entries[0].obstacle(over: .httpsXML) == nil)
        #expect(suite.entries[1].obstacle(over: .ttlv) == nil)
    }
}
