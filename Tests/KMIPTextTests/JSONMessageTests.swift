import KMIP
import KMIPText
import NIOCore
import Testing

@Suite struct JSONMessageTests {
    private func ttlv(_ body: (inout TTLVWriter) -> Void) -> ByteBuffer {
        var writer = TTLVWriter()
        writer.structure(.requestMessage) { body(&$0) }
        return writer.buffer
    }

    private func decode(_ inner: String) throws -> ByteBuffer {
        try JSONMessage.decode(ByteBuffer(string: #"{"tag": "RequestMessage", "value": [\#(inner)]}"#))
    }

    private func code(_ text: String, limits: TextLimits = TextLimits()) -> KMIPTextError.Code? {
        do {
            _ = try JSONMessage.decode(ByteBuffer(string: text), limits: limits)
            return nil
        } catch { return error.code }
    }

    @Test("every type comes from its text and goes back to it")
    func types() throws {
        let message = ttlv { writer in
            writer.integer(.batchCount, -1)
            writer.integer(.cryptographicUsageMask, 0xC)
            writer.integer(.cryptographicUsageMask, -1)
            writer.longInteger(.usageLimitsTotal, 1 << 52)
            writer.longInteger(.usageLimitsTotal, .min)
            writer.bigInteger(.modulus, [0xFF, 1, 2, 3, 4, 5, 6, 7])
            writer.enumeration(.state, State.active)
            writer.enumerationValue(.state, 0x8000_0001)
            writer.boolean(.fresh, true)
            writer.text(.nameValue, "a\"\\\u{0}\n\té\u{1F511}")
            writer.text(.nameValue, "")
            writer.bytes(.data, [0, 0xAB, 0xFF])
            writer.bytes(.data, [UInt8]())
            writer.dateTime(.timeStamp, 6)
            writer.dateTime(.timeStamp, .max)
            writer.interval(.leaseTime, .max)
            writer.integer(Tag(rawValue: 0x540001), 7)
            writer.structure(.attribute) { attribute in
                attribute.text(.attributeName, "Cryptographic Usage Mask")
                attribute.integer(.attributeValue, 12)
            }
            writer.structure(.requestPayload) { _ in }
        }
        let text = try JSONMessage.encode(message)
        #expect(
            String(buffer: text) == #"""
                {"tag": "RequestMessage", "value": [\#
                {"tag": "BatchCount", "type": "Integer", "value": -1}, \#
                {"tag": "CryptographicUsageMask", "type": "Integer", "value": "Encrypt|Decrypt"}, \#
                {"tag": "CryptographicUsageMask", "type": "Integer", "value": -1}, \#
                {"tag": "UsageLimitsTotal", "type": "LongInteger", "value": 4503599627370496}, \#
                {"tag": "UsageLimitsTotal", "type": "LongInteger", "value": "0x8000000000000000"}, \#
                {"tag": "Modulus", "type": "BigInteger", "value": "0xff01020304050607"}, \#
                {"tag": "State", "type": "Enumeration", "value": "Active"}, \#
                {"tag": "State", "type": "Enumeration", "value": "0x80000001"}, \#
                {"tag": "Fresh", "type": "Boolean", "value": true}, \#
                {"tag": "NameValue", "type": "TextString", "value": "a\"\\\u0000\u000a\u0009é\#u{1F511}"}, \#
                {"tag": "NameValue", "type": "TextString", "value": ""}, \#
                {"tag": "Data", "type": "ByteString", "value": "00abff"}, \#
                {"tag": "Data", "type": "ByteString", "value": ""}, \#
                {"tag": "TimeStamp", "type": "DateTime", "value": "1970-01-01T00:00:06+00:00"}, \#
                {"tag": "TimeStamp", "type": "DateTime", "value": "0x7FFFFFFFFFFFFFFF"}, \#
                {"tag": "LeaseTime", "type": "Interval", "value": 4294967295}, \#
                {"tag": "0x540001", "type": "Integer", "value": 7}, \#
                {"tag": "Attribute", "value": [{"tag": "AttributeName", "type": "TextString", "value": "Cryptographic Usage Mask"}, \#
                {"tag": "AttributeValue", "type": "Integer", "value": "Encrypt|Decrypt"}]}, \#
                {"tag": "RequestPayload", "value": []}\#
                ]}
                """#)
        #expect(try JSONMessage.decode(text) == message)
        #expect(try JSONMessage.decode(JSONMessage.encode(message, indented: true)) == message)
    }

    @Test(
        "other spellings of the same value",
        arguments: [
            (
                #"{"value": "0x0000000c", "type": "Integer", "tag": "CryptographicUsageMask"}"#,
                #"{"tag": "CryptographicUsageMask", "type": "Integer", "value": 12}"#
            ),
            (#"{"tag": "0x42008D", "type": "Enumeration", "value": 2}"#, #"{"tag": "State", "type": "Enumeration", "value": "Active"}"#),
            (
                #"{"tag": "State", "type": "Enumeration", "value": "0x00000002", "name": "x"}"#,
                #"{"tag": "State", "type": "Enumeration", "value": "Active"}"#
            ),
            (#"{"tag": "Fresh", "type": "Boolean", "value": "0x0000000000000001"}"#, #"{"tag": "Fresh", "type": "Boolean", "value": true}"#),
            (#"{"tag": "Modulus", "type": "BigInteger", "value": 16}"#, #"{"tag": "Modulus", "type": "BigInteger", "value": "0x0000000000000010"}"#),
            (#"{"tag": "Modulus", "type": "BigInteger", "value": -1}"#, #"{"tag": "Modulus", "type": "BigInteger", "value": "0xff"}"#),
            (
                #"{"tag": "UsageLimitsTotal", "type": "LongInteger", "value": 9223372036854775807}"#,
                #"{"tag": "UsageLimitsTotal", "type": "LongInteger", "value": "0x7fffffffffffffff"}"#
            ),
            (
                #"{"tag": "TimeStamp", "type": "DateTime", "value": "0x6"}"#,
                #"{"tag": "TimeStamp", "type": "DateTime", "value": "1970-01-01T00:00:06Z"}"#
            ),
            (#"{"tag": "RequestPayload", "type": "Structure", "value": []}"#, #"{"tag": "RequestPayload", "value": []}"#),
        ])
    func spellings(_ one: String, _ other: String) throws {
        #expect(try decode(one) == decode(other))
    }

    @Test(
        "what is refused, and why",
        arguments: [
            (#"{"tag": "BatchCount", "type": "Integer", "value": 2147483648}"#, KMIPTextError.Code.value),
            (#"{"tag": "BatchCount", "type": "Integer", "value": 9223372036854775808}"#, .value),
            (#"{"tag": "BatchCount", "type": "Integer", "value": 1.5}"#, .value),
            (#"{"tag": "BatchCount", "type": "Integer", "value": 1e3}"#, .value),
            (#"{"tag": "BatchCount", "type": "Integer", "value": true}"#, .value),
            (#"{"tag": "BatchCount", "type": "Integer", "value": null}"#, .value),
            (#"{"tag": "BatchCount", "type": "Integer", "value": []}"#, .value),
            (#"{"tag": "BatchCount", "type": "Integer"}"#, .value),
            (#"{"tag": "State", "type": "Enumeration", "value": -1}"#, .value),
            (#"{"tag": "State", "type": "Enumeration", "value": 4294967296}"#, .value),
            (#"{"tag": "State", "type": "Enumeration", "value": "Ready"}"#, .value),
            (#"{"tag": "LeaseTime", "type": "Interval", "value": -1}"#, .value),
            (#"{"tag": "Fresh", "type": "Boolean", "value": 1}"#, .value),
            (#"{"tag": "Fresh", "type": "Boolean", "value": "0x2"}"#, .value),
            (#"{"tag": "NameValue", "type": "TextString", "value": 1}"#, .value),
            (#"{"tag": "Data", "type": "ByteString", "value": "abc"}"#, .value),
            (#"{"tag": "Data", "type": "ByteString", "value": 12}"#, .value),
            (#"{"tag": "TimeStamp", "type": "DateTime", "value": 6}"#, .value),
            (#"{"tag": "Nothing", "type": "Integer", "value": 1}"#, .tag),
            (#"{"tag": 4325389, "type": "Integer", "value": 1}"#, .tag),
            (#"{"type": "Integer", "value": 1}"#, .tag),
            (#"{"tag": "BatchCount", "type": "Number", "value": 1}"#, .type),
            (#"{"tag": "BatchCount", "type": 2, "value": 1}"#, .type),
            (#"{"tag": "BatchCount", "value": 1}"#, .type),
            (#"{"tag": "RequestPayload", "type": "Structure", "value": {}}"#, .structure),
            (#"{"tag": "RequestPayload", "type": "Structure"}"#, .structure),
            (#"1"#, .structure),
            (#"{"tag": "BatchCount", "tag": "BatchCount", "type": "Integer", "value": 1}"#, .syntax),
            (#"{"tag": "BatchCount""#, .syntax),
            (#"{'tag': 'BatchCount'}"#, .syntax),
            (#"{"tag": "NameValue", "type": "TextString", "value": "\ud800"}"#, .syntax),
        ])
    func refusals(_ inner: String, _ expected: KMIPTextError.Code) {
        #expect(code(#"{"tag": "RequestMessage", "value": [\#(inner)]}"#) == expected)
    }

    @Test("limits hold")
    func limits() {
        let deep = String(repeating: #"{"tag": "RequestPayload", "value": ["#, count: 33) + String(repeating: "]}", count: 33)
        #expect(code(deep) == .limit)
        let flat = #"{"tag": "RequestMessage", "value": [{"tag": "RequestPayload", "value": []}, {"tag": "RequestPayload", "value": []}]}"#
        #expect(code(flat, limits: TextLimits(elements: 2)) == .limit)
        #expect(code(flat, limits: TextLimits(bytes: flat.utf8.count - 1)) == .limit)
        #expect(code(flat, limits: TextLimits(bytes: flat.utf8.count)) == nil)
        // Deeper than any parser should go, and more values than their text is worth.
        #expect(code(String(repeating: "[", count: 1_000_000)) == .limit)
        #expect(code("[" + String(repeating: "{},", count: 2_000_000) + "{}]") == .limit)
        for text in ["", " ", "[]", "1", "\"", "{}", "{}{}", "\u{FEFF}{}"] { #expect(code(text) != nil, "\(text)") }
        #expect(code(#"{"tag": "BatchCount", "type": "Integer", "value": 1}"#) == .structure)
        #expect(code(#"{"tag": "RequestMessage", "value": []} {}"#) == .syntax)
    }

    @Test("an error names the element or the line, and no value")
    func places() {
        func failure(_ text: String) -> KMIPTextError? {
            do throws(KMIPTextError) {
                _ = try JSONMessage.decode(ByteBuffer(string: text))
                return nil
            } catch { return error }
        }
        let item = #"{"tag": "BatchItem", "value": [{"tag": "Operation", "type": "Enumeration", "value": "topsecret"}]}"#
        let wrong = failure(#"{"tag": "RequestMessage", "value": [\#(item)]}"#)
        #expect(wrong?.path == "RequestMessage/BatchItem/Operation" && wrong?.description.contains("topsecret") == false)
        let broken = failure("{\"tag\": \"RequestMessage\",\n \"value\": topsecret}")
        #expect(broken?.line == 2 && broken?.description.contains("topsecret") == false)
    }

    @Test("XML and JSON say the same message")
    func both() throws {
        let xml = ByteBuffer(
            string: """
                <RequestMessage><RequestHeader><ProtocolVersion><ProtocolVersionMajor type="Integer" value="1"/>\
                <ProtocolVersionMinor type="Integer" value="4"/></ProtocolVersion><BatchCount type="Integer" value="1"/></RequestHeader>\
                <BatchItem><Operation type="Enumeration" value="Query"/><RequestPayload>\
                <QueryFunction type="Enumeration" value="QueryOperations"/></RequestPayload></BatchItem></RequestMessage>
                """)
        let message = try XMLMessage.decode(xml)
        #expect(try JSONMessage.decode(JSONMessage.encode(message)) == message)
        #expect(try RequestMessage(frame: message, maximumItems: 1).items[0].operation == .query)
    }
}
