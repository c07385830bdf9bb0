import KMIP
import NIOCore
import Testing

/// TTLV on the wire (KMIP 1.4 §9.1): round trips, and every way in which a message can be malformed.
@Suite struct WireTests {
    private func message(_ body: (inout TTLVWriter) -> Void) -> ByteBuffer {
        var writer = TTLVWriter()
        let mark = writer.beginStructure(.requestMessage)
        body(&writer)
        writer.endStructure(mark)
        return writer.buffer
    }

    private func hex(_ text: String) -> ByteBuffer {
        let digits = Array(text.filter { $0 != " " }).map { UInt8($0.hexDigitValue!) }
        return ByteBuffer(bytes: stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] })
    }

    @Test func theExamplesOfTheStandard() throws {
        // KMIP 1.4 §9.1.2, under the tag 0x420020.
        let tag = Tag(rawValue: 0x420020)
        func written(_ body: (inout TTLVWriter) -> Void) -> ByteBuffer {
            var writer = TTLVWriter()
            body(&writer)
            return writer.buffer
        }
        #expect(written { $0.integer(tag, 8) } == hex("42002002 00000004 00000008 00000000"))
        #expect(written { $0.longInteger(tag, 123_456_789_000_000_000) } == hex("42002003 00000008 01B69B4BA5749200"))
        #expect(written { $0.enumerationValue(tag, 255) } == hex("42002005 00000004 000000FF 00000000"))
        #expect(written { $0.boolean(tag, true) } == hex("42002006 00000008 00000000 00000001"))
        #expect(written { $0.text(tag, "Hello World") } == hex("42002007 0000000B 48656C6C6F20576F726C640000000000"))
        #expect(written { $0.bytes(tag, [1, 2, 3]) } == hex("42002008 00000003 0102030000000000"))
        #expect(written { $0.dateTime(tag, 0x47DA_67F8) } == hex("42002009 00000008 0000000047DA67F8"))
        #expect(written { $0.interval(tag, 864_000) } == hex("4200200A 00000004 000D2F0000000000"))
        #expect(
            written { $0.bigInteger(tag, [0x03, 0xFD, 0x35, 0xEB, 0x6B, 0xC2, 0xDF, 0x46, 0x18, 0x08]) }
                == hex("42002004 00000010 000000000000 03FD35EB6BC2DF461808")
        )
    }

    @Test func everyItemTypeIsReadAsItWasWritten() throws {
        let value = AttributeValue.structure([
            .init(.batchCount, .integer(-5)), .init(.usageLimitsTotal, .longInteger(.min)), .init(.modulus, .bigInteger([0, 0, 0, 0, 0, 0, 0, 7])),
            .init(.state, .enumeration(2)), .init(.batchOrderOption, .boolean(true)), .init(.nameValue, .text("naïve ключ")),
            .init(.data, .bytes([1, 2, 3, 4, 5, 6, 7, 8, 9])), .init(.timeStamp, .dateTime(-1)), .init(.leaseTime, .interval(.max)),
            .init(.name, .structure([.init(.nameType, .enumeration(1))])),
        ])
        let frame = message { value.encode(as: .attributeValue, to: &$0) }
        var reader = try TTLVReader(message: frame, tag: .requestMessage)
        let item = try #require(try reader.next())
        #expect(try AttributeValue(item, of: reader) == value)
        #expect(try reader.next() == nil)
    }

    @Test func aByteStringIsASliceOfTheMessage() throws {
        let frame = message { $0.bytes(.data, [9, 8, 7]) }
        var reader = try TTLVReader(message: frame, tag: .requestMessage)
        let item = try #require(try reader.next())
        let slice = try reader.bytes(item)
        #expect(Array(slice.readableBytesView) == [9, 8, 7])
        let isInside = frame.withUnsafeReadableBytes { whole in
            slice.withUnsafeReadableBytes { part in part.baseAddress! >= whole.baseAddress! && part.baseAddress! < whole.baseAddress! + whole.count }
        }
        #expect(isInside)
    }

    private func failure(
        _ frame: ByteBuffer, _ read: (inout TTLVReader) throws -> Void = { while let item = try $0.next() { try $0.validate(item) } }
    ) -> KMIPError? {
        do {
            var reader = try TTLVReader(message: frame, tag: .requestMessage)
            try read(&reader)
            return nil
        } catch { return error as? KMIPError }
    }

    @Test(arguments: [
        ("another tag", "42007B01 00000000", KMIPError.Code.unexpectedTag, 0x42007B, 0),
        ("bytes behind the end", "42007801 00000000 00", .trailingBytes, 0x420078, 8),
        ("a structure longer than the message", "42007801 00000010 4200200200000004", .truncated, 0x420078, 0),
        ("an inner length past the end", "42007801 00000010 42002008 00000010 0000000000000000", .truncated, 0x420020, 8),
        ("half a header", "42007801 00000008 42002002 00000004", .truncated, 0x420020, 8),
        ("an item type that does not exist", "42007801 00000010 4200200B 00000004 0000000000000000", .type, 0x420020, 8),
        ("an Integer of 8 bytes", "42007801 00000010 42002002 00000008 0000000000000000", .length, 0x420020, 8),
        ("a Boolean of 4 bytes", "42007801 00000010 42002006 00000004 0000000000000000", .length, 0x420020, 8),
        ("a Big Integer of 4 bytes", "42007801 00000010 42002004 00000004 0000000000000000", .length, 0x420020, 8),
        ("a structure of 4 bytes", "42007801 00000010 42002001 00000004 0000000000000000", .length, 0x420020, 8),
        ("padding that is not zero", "42007801 00000010 42002002 00000004 0000000100000001", .padding, 0x420020, 8),
        ("a Boolean of 2", "42007801 00000010 42002006 00000008 0000000000000002", .value, 0x420020, 8),
        ("text that is not UTF-8", "42007801 00000010 42002007 00000001 FF00000000000000", .value, 0x420020, 8),
    ])
    func aMalformedMessageNamesTagAndOffset(_ what: String, _ bytes: String, _ code: KMIPError.Code, _ tag: UInt32, _ offset: Int) {
        let error = failure(hex(bytes))
        #expect(error?.code == code, "\(what): \(String(describing: error))")
        #expect(error?.tag.rawValue == tag)
        #expect(error?.offset == offset)
    }

    @Test func aValueOfAnotherTypeIsAnError() throws {
        let error = failure(message { $0.text(.batchCount, "one") }) { reader in
            let item = try #require(try reader.next())
            _ = try reader.integer(item)
        }
        #expect(error?.code == .type)
        #expect(error?.tag == .batchCount)
    }

    @Test func nestingIsBounded() {
        func nested(_ depth: Int) -> ByteBuffer {
            var writer = TTLVWriter()
            let marks = (0..<depth).map { _ in writer.beginStructure(.requestMessage) }
            for mark in marks.reversed() { writer.endStructure(mark) }
            return writer.buffer
        }
        #expect(failure(nested(TTLVReader.maximumDepth)) == nil)
        #expect(failure(nested(TTLVReader.maximumDepth + 1))?.code == .depth)
        #expect(failure(nested(20_000))?.code == .depth)
    }

    @Test func everyTruncationIsRefused() {
        let frame = RequestMessage(SampleRequests.encrypt, version: .v1_4).frame
        for length in 0..<frame.readableBytes {
            let cut = frame.getSlice(at: 0, length: length)!
            #expect(throws: KMIPError.self) { try RequestMessage(frame: cut, maximumItems: 10) }
        }
    }
}
