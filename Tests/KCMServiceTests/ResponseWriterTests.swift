import KMIP
import NIOCore
import Testing

@testable import KCMService

/// A response message written around the payload that it carries.
@Suite struct ResponseWriterTests {
    private let header = ResponseHeader(protocolVersion: .v1_4, timeStamp: 1, batchCount: 1)

    private func payload(headroom: Int) -> ByteBuffer {
        var writer = TTLVWriter(headroom: headroom)
        writer.text(.uniqueIdentifier, "L4-1")
        writer.bytes(.data, capacity: 100_000) { room in
            room.initializeMemory(as: UInt8.self, repeating: 0x5a)
            return 99_999
        }
        return writer.buffer
    }

    private func item(_ payload: ByteBuffer, id: Int = 4) -> ResponseBatchItem {
        ResponseBatchItem(
            operation: .encrypt, uniqueBatchItemID: ByteBuffer(repeating: 7, count: id), resultStatus: .success, payload: payload)
    }

    /// A Unique Batch Item ID is as long as the client wants it to be: too long for the room, it is copied like any other.
    @Test(arguments: [0, 4, 200, 400, 5000], [0, 10, ResponseBatchItem.headroom])
    func isTheSameWhereverItWasWritten(_ id: Int, _ headroom: Int) throws {
        var writer = TTLVWriter()
        writer.structure(.responseMessage) { writer in
            header.encode(to: &writer)
            item(payload(headroom: 0), id: id).encode(to: &writer)
        }
        let message = ResponseWriter.message(header, items: [item(payload(headroom: headroom), id: id)])
        #expect(message == writer.buffer)
        let read = try ResponseMessage(frame: message)
        #expect(read.items.count == 1 && read.items[0].payload == payload(headroom: 0))
    }

    @Test func whatStandsBehindRoomIsNotCopied() {
        let made = payload(headroom: ResponseBatchItem.headroom)
        let address = made.withUnsafeReadableBytes { $0.baseAddress }
        let message = ResponseWriter.message(header, items: [item(made)])
        // Held here as well, it may not be changed where it stands.
        #expect(made == payload(headroom: 0))
        #expect(message.withUnsafeReadableBytes { UnsafeRawBufferPointer(rebasing: $0.suffix(made.readableBytes)).baseAddress } != address)

        var start: UnsafeRawPointer?
        func give() -> [ResponseBatchItem] {
            let made = payload(headroom: ResponseBatchItem.headroom)
            start = made.withUnsafeReadableBytes { $0.baseAddress }
            return [item(made)]
        }
        let own = ResponseWriter.message(header, items: give())
        let body = own.withUnsafeReadableBytes { UnsafeRawBufferPointer(rebasing: $0.suffix(made.readableBytes)).baseAddress }
        #expect(body == start)
    }
}
