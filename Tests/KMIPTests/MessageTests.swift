import KMIP
import NIOCore
import Testing

/// Messages, headers and payloads.
@Suite struct MessageTests {
    @Test func everyRequestIsReadAsItWasWritten() throws {
        func check<P: RequestPayload>(_ payload: P) throws {
            var writer = TTLVWriter()
            payload.encode(to: &writer)
            var reader = TTLVReader(items: writer.buffer)
            let read = try P(from: &reader)
            var again = TTLVWriter()
            read.encode(to: &again)
            #expect(again.buffer == writer.buffer, "\(P.operation)")
        }
        for payload in SampleRequests.all { try check(payload) }
    }

    @Test func elementsOutOfTheirOrderAreTakenAndDoubledOnesRefused() throws {
        var writer = TTLVWriter()
        writer.text(.attributeName, "State")
        writer.text(.uniqueIdentifier, "L4-x")
        writer.text(.attributeName, "Name")
        var reader = TTLVReader(items: writer.buffer)
        let request = try GetAttributesRequest(from: &reader)
        #expect(request.uniqueIdentifier == "L4-x")
        #expect(request.attributeNames == ["State", "Name"])

        writer.text(.uniqueIdentifier, "L4-y")
        var doubled = TTLVReader(items: writer.buffer)
        let error = #expect(throws: KMIPError.self) { try GetAttributesRequest(from: &doubled) }
        #expect(error?.code == .duplicate && error?.tag == .uniqueIdentifier)
    }

    @Test func anElementThatTheStructureDoesNotHaveIsRefused() {
        var writer = TTLVWriter()
        writer.text(.uniqueIdentifier, "L4-x")
        writer.integer(.batchCount, 1)
        var reader = TTLVReader(items: writer.buffer)
        let error = #expect(throws: KMIPError.self) { try ActivateRequest(from: &reader) }
        #expect(error?.code == .unexpectedTag && error?.tag == .batchCount)
    }

    private func batch(count: Int32, items: Int) -> ByteBuffer {
        var header = RequestHeader(protocolVersion: .v1_2)
        header.batchCount = count
        var writer = TTLVWriter()
        let mark = writer.beginStructure(.requestMessage)
        header.encode(to: &writer)
        for _ in 0..<items { RequestBatchItem(operation: .query, payload: ByteBuffer()).encode(to: &writer) }
        writer.endStructure(mark)
        return writer.buffer
    }

    @Test func theBatchCountIsThatOfTheItems() throws {
        #expect(try RequestMessage(frame: batch(count: 2, items: 2), maximumItems: 2).items.count == 2)
        #expect(throws: KMIPError.self) { try RequestMessage(frame: batch(count: 2, items: 1), maximumItems: 10) }
        #expect(throws: KMIPError.self) { try RequestMessage(frame: batch(count: 1, items: 2), maximumItems: 10) }
        #expect(throws: KMIPError.self) { try RequestMessage(frame: batch(count: 3, items: 3), maximumItems: 2) }
        #expect(throws: KMIPError.self) { try RequestMessage(frame: batch(count: -1, items: 0), maximumItems: 10) }
    }

    @Test func aHeaderFieldStandsOnce() {
        var writer = TTLVWriter()
        let message = writer.beginStructure(.requestMessage)
        let mark = writer.beginStructure(.requestHeader)
        let version = writer.beginStructure(.protocolVersion)
        writer.integer(.protocolVersionMajor, 1)
        writer.integer(.protocolVersionMinor, 4)
        writer.endStructure(version)
        writer.integer(.maximumResponseSize, 100)
        writer.integer(.maximumResponseSize, 1_000_000)
        writer.integer(.batchCount, 1)
        writer.endStructure(mark)
        RequestBatchItem(operation: .query, payload: ByteBuffer()).encode(to: &writer)
        writer.endStructure(message)
        let error = #expect(throws: KMIPError.self) { try RequestMessage(frame: writer.buffer, maximumItems: 10) }
        #expect(error?.code == .duplicate && error?.tag == .maximumResponseSize)
    }

    @Test func theHeaderIsReadableWhereTheItemsAreNot() throws {
        var frame = batch(count: 1, items: 1)
        frame.setInteger(UInt8(0x0F), at: frame.writerIndex - 5)  // the payload's item type
        #expect(throws: KMIPError.self) { try RequestMessage(frame: frame, maximumItems: 10) }
        #expect(RequestMessage.header(of: frame)?.protocolVersion == .v1_2)
    }

    @Test func aResponseHoldsOnlyWhatItsVersionDefines() throws {
        var header = ResponseHeader(protocolVersion: .v1_0, timeStamp: 7, batchCount: 0)
        header.clientCorrelationValue = "c"
        func read(_ header: ResponseHeader) throws -> ResponseHeader {
            var writer = TTLVWriter()
            let mark = writer.beginStructure(.responseMessage)
            header.encode(to: &writer)
            writer.endStructure(mark)
            return try ResponseMessage(frame: writer.buffer).header
        }
        #expect(try read(header).clientCorrelationValue == nil)
        header.protocolVersion = .v1_4
        #expect(try read(header).clientCorrelationValue == "c")
    }

    /// No input may trap: random changes of valid messages either parse or throw.
    @Test func mutatedMessagesNeverTrap() {
        var random = SplitMix(state: 20_261_124)
        let frames = SampleRequests.all.map { payload -> ByteBuffer in
            func frame(_ payload: some RequestPayload) -> ByteBuffer { RequestMessage(payload, version: .v1_4).frame }
            return frame(payload)
        }
        var parsed = 0
        for _ in 0..<30_000 {
            var frame = frames[Int(random.next() % UInt64(frames.count))]
            for _ in 0...(random.next() % 3) {
                let at = Int(random.next() % UInt64(frame.readableBytes))
                frame.setInteger(UInt8(truncatingIfNeeded: random.next()), at: at)
            }
            guard let message = try? RequestMessage(frame: frame, maximumItems: 10) else { continue }
            for item in message.items {
                var reader = TTLVReader(items: item.payload)
                if (try? read(item.operation, &reader)) != nil { parsed += 1 }
            }
        }
        #expect(parsed > 1000, "the changes are too wild to reach the payloads")
    }

    private func read(_ operation: KMIP.Operation, _ reader: inout TTLVReader) throws {
        switch operation {
        case .create: _ = try CreateRequest(from: &reader)
        case .register: _ = try RegisterRequest(from: &reader)
        case .get: _ = try GetRequest(from: &reader)
        case .locate: _ = try LocateRequest(from: &reader)
        case .revoke: _ = try RevokeRequest(from: &reader)
        case .encrypt: _ = try EncryptRequest(from: &reader)
        case .decrypt: _ = try DecryptRequest(from: &reader)
        default: _ = try GetAttributesRequest(from: &reader)
        }
    }
}

/// A generator with a seed, so that a failure repeats.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
