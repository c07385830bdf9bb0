import KMIP
import KMIPText
import NIOCore
import Testing

@Suite struct XMLMessageTests {
    private func ttlv(_ body: (inout TTLVWriter) -> Void) -> ByteBuffer {
        var writer = TTLVWriter()
        writer.structure(.requestMessage) { body(&$0) }
        return writer.buffer
    }

    private func decode(_ inner: String) throws -> ByteBuffer {
        try XMLMessage.decode(ByteBuffer(string: "<RequestMessage>\(inner)</RequestMessage>"))
    }

    private func code(_ text: String, limits: TextLimits = TextLimits()) -> KMIPTextError.Code? {
        do {
            _ = try XMLMessage.decode(ByteBuffer(string: text), limits: limits)
            return nil
        } catch { return error.code }
    }

    @Test("every type comes from its text and goes back to it")
    func types() throws {
        let message = ttlv { writer in
            writer.integer(.batchCount, -1)
            writer.integer(.cryptographicUsageMask, 0xC)
            writer.integer(.cryptographicUsageMask, -1)
            writer.longInteger(.usageLimitsTotal, .min)
            writer.bigInteger(.modulus, [0xFF, 1, 2, 3, 4, 5, 6, 7])
            writer.enumeration(.state, State.active)
            writer.enumerationValue(.state, 0x8000_0001)
            writer.boolean(.fresh, true)
            writer.text(.nameValue, "a<\"&>\n\té\u{1F511}")
            writer.text(.nameValue, "")
            writer.bytes(.data, [0, 0xAB, 0xFF])
            writer.bytes(.data, [UInt8]())
            writer.dateTime(.timeStamp, 6)
            writer.dateTime(.timeStamp, .max)
            writer.interval(.leaseTime, .max)
            writer.integer(Tag(rawValue: 0x540001), 7)
            writer.structure(.attribute) { attribute in
                attribute.text(.attributeName, "Cryptographic Usage Mask")
                attribute.integer(.attributeValue, 4)
            }
            writer.structure(.attribute) { attribute in
                attribute.text(.attributeName, "x-State")
                attribute.enumerationValue(.attributeValue, 2)
            }
            writer.structure(.requestPayload) { _ in }
        }
        let text = try XMLMessage.encode(message)
        #expect(
            String(buffer: text) == """
                <RequestMessage>\
                <BatchCount type="Integer" value="-1"/>\
                <CryptographicUsageMask type="Integer" value="Encrypt Decrypt"/>\
                <CryptographicUsageMask type="Integer" value="-1"/>\
                <UsageLimitsTotal type="LongInteger" value="-9223372036854775808"/>\
                <Modulus type="BigInteger" value="ff01020304050607"/>\
                <State type="Enumeration" value="Active"/>\
                <State type="Enumeration" value="0x80000001"/>\
                <Fresh type="Boolean" value="true"/>\
                <NameValue type="TextString" value="a&lt;&quot;&amp;&gt;&#10;&#9;é\u{1F511}"/>\
                <NameValue type="TextString" value=""/>\
                <Data type="ByteString" value="00abff"/>\
                <Data type="ByteString" value=""/>\
                <TimeStamp type="DateTime" value="1970-01-01T00:00:06+00:00"/>\
                <TimeStamp type="DateTime" value="0x7FFFFFFFFFFFFFFF"/>\
                <LeaseTime type="Interval" value="4294967295"/>\
                <TTLV tag="0x540001" type="Integer" value="7"/>\
                <Attribute><AttributeName type="TextString" value="Cryptographic Usage Mask"/><AttributeValue type="Integer" value="Encrypt"/></Attribute>\
                <Attribute><AttributeName type="TextString" value="x-State"/><AttributeValue type="Enumeration" value="0x00000002"/></Attribute>\
                <RequestPayload/>\
                </RequestMessage>
                """)
        #expect(try XMLMessage.decode(text) == message)
        #expect(try XMLMessage.decode(XMLMessage.encode(message, indented: true)) == message)
    }

    @Test(
        "other spellings of the same value",
        arguments: [
            ("<CryptographicUsageMask type='Integer' value='Decrypt|Encrypt'/>", "<CryptographicUsageMask type='Integer' value='0x0000000c'/>"),
            ("<CryptographicUsageMask type='Integer' value=' Encrypt  Decrypt '/>", "<CryptographicUsageMask type='Integer' value='12'/>"),
            ("<State type='Enumeration' value='0x2'/>", "<State value='Active' type='Enumeration' name='x'/>"),
            ("<TTLV tag='0x42008D' type='Enumeration' value='0x00000002'/>", "<State type='Enumeration' value='Active'/>"),
            ("<Data type='ByteString' value='AB'/>", "<Data type='ByteString' value='ab'/>"),
            ("<Data type='ByteString'/>", "<Data type='ByteString' value=''/>"),
            ("<Modulus type='BigInteger' value='01'/>", "<Modulus type='BigInteger' value='0000000000000001'/>"),
            ("<Modulus type='BigInteger' value='ff'/>", "<Modulus type='BigInteger' value='ffffffffffffffff'/>"),
            ("<TimeStamp type='DateTime' value='2024-02-29T01:00:00.5+01:00'/>", "<TimeStamp type='DateTime' value='2024-02-29T00:00:00Z'/>"),
            ("<TimeStamp type='DateTime' value='0x6'/>", "<TimeStamp type='DateTime' value='1970-01-01T00:00:06'/>"),
            ("<Fresh type='Boolean' value='1'/>", "<Fresh type='Boolean' value='true'/>"),
            ("<!-- a --><RequestPayload type='Structure'></RequestPayload>", "<RequestPayload/>"),
        ])
    func spellings(_ one: String, _ other: String) throws {
        #expect(try decode(one) == decode(other))
    }

    @Test(
        "what is refused, and why",
        arguments: [
            ("<BatchCount type='Integer' value='2147483648'/>", KMIPTextError.Code.value),
            ("<BatchCount type='Integer' value='0x100000000'/>", .value),
            ("<BatchCount type='Integer' value=''/>", .value),
            ("<BatchCount type='Integer' value='1 2'/>", .value),
            ("<BatchCount type='Integer'/>", .value),
            ("<UsageLimitsTotal type='LongInteger' value='9223372036854775808'/>", .value),
            ("<LeaseTime type='Interval' value='-1'/>", .value),
            ("<LeaseTime type='Interval' value='4294967296'/>", .value),
            ("<State type='Enumeration' value='Ready'/>", .value),
            ("<BatchCount type='Enumeration' value='Active'/>", .value),
            ("<CryptographicUsageMask type='Integer' value='Encrypt Read'/>", .value),
            ("<Data type='ByteString' value='abc'/>", .value),
            ("<Data type='ByteString' value='0xab'/>", .value),
            ("<Modulus type='BigInteger' value=''/>", .value),
            ("<Fresh type='Boolean' value='yes'/>", .value),
            ("<TimeStamp type='DateTime' value='2023-02-29T00:00:00Z'/>", .value),
            ("<TimeStamp type='DateTime' value='2023-02-28'/>", .value),
            ("<TimeStamp type='DateTime' value='2023-02-28T00:00:00+01:00x'/>", .value),
            ("<Nothing type='Integer' value='1'/>", .tag),
            ("<TTLV type='Integer' value='1'/>", .tag),
            ("<TTLV tag='0x4200' type='Integer' value='1'/>", .tag),
            ("<BatchCount type='Number' value='1'/>", .type),
            ("<BatchCount value='1'/>", .type),
            ("<BatchCount type='Integer' value='1'><Data/></BatchCount>", .structure),
            ("<RequestPayload type='Structure' value='1'/>", .structure),
            ("<BatchCount>1</BatchCount>", .syntax),
            ("<BatchCount", .syntax),
            ("<NameValue type='TextString' value='&thing;'/>", .syntax),
        ])
    func refusals(_ inner: String, _ expected: KMIPTextError.Code) {
        #expect(code("<RequestMessage>\(inner)</RequestMessage>") == expected)
    }

    @Test("document types and entities are refused before they do anything")
    func entities() {
        #expect(code("<!DOCTYPE a [<!ENTITY x 'y'>]><RequestMessage/>") == .syntax)
        #expect(code("<!DOCTYPE RequestMessage SYSTEM 'file:///etc/passwd'><RequestMessage/>") == .syntax)
    }

    @Test("limits hold")
    func limits() {
        let deep = String(repeating: "<RequestPayload>", count: 33) + String(repeating: "</RequestPayload>", count: 33)
        #expect(code(deep) == .limit)
        #expect(code("<RequestMessage><RequestPayload/><RequestPayload/></RequestMessage>", limits: TextLimits(elements: 2)) == .limit)
        #expect(code("<RequestMessage/>", limits: TextLimits(bytes: 16)) == .limit)
        #expect(code("<RequestMessage/>", limits: TextLimits(bytes: 17)) == nil)
        #expect(code("") == .syntax)
        #expect(code("<BatchCount type='Integer' value='1'/>") == .structure)
    }

    @Test("an error names element and line, and no value")
    func place() {
        let text = "<RequestMessage>\n<RequestHeader>\n <BatchCount type='Integer' value='secret'/></RequestHeader></RequestMessage>"
        #expect {
            _ = try XMLMessage.decode(ByteBuffer(string: text))
        } throws: { error in
            guard let error = error as? KMIPTextError else { return false }
            return error.path == "RequestMessage/RequestHeader/BatchCount" && error.line == 3 && !error.description.contains("secret")
        }
    }

    @Test("text that XML cannot hold, and a message that is cut off, are not written")
    func unwritable() {
        let control = ttlv { $0.text(.nameValue, "a\u{1}") }
        #expect { _ = try XMLMessage.encode(control) } throws: { ($0 as? KMIPTextError)?.code == .value }
        let cut = ttlv { $0.text(.nameValue, "abcdefgh") }.getSlice(at: 0, length: 20) ?? ByteBuffer()
        #expect { _ = try XMLMessage.encode(cut) } throws: { ($0 as? KMIPTextError)?.code == .message }
    }

    @Test(
        "dates from year 0 to 9999 go there and back",
        arguments: [-62_167_219_200, -1, 0, 951_782_400, 1_709_164_800, 4_107_542_399, 253_402_300_799])
    func dates(_ seconds: Int64) throws {
        let message = ttlv { $0.dateTime(.timeStamp, seconds) }
        let text = try XMLMessage.encode(message)
        #expect(!String(buffer: text).contains("0x"))
        #expect(try XMLMessage.decode(text) == message)
    }
}
