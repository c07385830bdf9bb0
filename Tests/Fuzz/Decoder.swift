import KMIP
import KMIPText
import NIOCore

/// One thing that reads what came over the network.
struct Decoder {
    let name: String
    let mutator: Mutator
    let corpus: [[UInt8]]
    /// - Returns: whether the input was taken.
    /// - Throws: ``Corpus/Failure`` where what was taken does not come back from being written again.
    let read: ([UInt8]) throws -> Bool

    static func all(_ frames: [[UInt8]]) -> [Decoder] {
        [
            Decoder(name: "ttlv", mutator: .binary, corpus: frames, read: message),
            Decoder(name: "payload", mutator: .binary, corpus: payloads(frames), read: payload),
            Decoder(name: "xml", mutator: .xml, corpus: texts(frames) { try XMLMessage.encode($0) }) {
                try text($0, decode: { try XMLMessage.decode($0) }, encode: { try XMLMessage.encode($0) })
            },
            Decoder(name: "json", mutator: .json, corpus: texts(frames) { try JSONMessage.encode($0) }) {
                try text($0, decode: { try JSONMessage.decode($0) }, encode: { try JSONMessage.encode($0) })
            },
        ]
    }

    private static func message(_ bytes: [UInt8]) throws -> Bool {
        let frame = ByteBuffer(bytes: bytes)
        _ = RequestMessage.version(of: frame)
        _ = RequestMessage.header(of: frame)
        let response = try? ResponseMessage(frame: frame)
        do {
            let request = try RequestMessage(frame: frame, maximumItems: 1000)
            for item in request.items { _ = read(item.operation, item.payload, isRequest: true) }
            return true
        } catch {
            // The way to the item at fault is sought in the malformed message itself.
            _ = error.description(in: frame)
            for item in response?.items ?? [] { _ = read(item.operation ?? .get, item.payload ?? ByteBuffer(), isRequest: false) }
            return response != nil
        }
    }

    private static func text(
        _ bytes: [UInt8], decode: (ByteBuffer) throws -> ByteBuffer, encode: (ByteBuffer) throws -> ByteBuffer
    ) throws -> Bool {
        guard let message = try? decode(ByteBuffer(bytes: bytes)) else { return false }
        // XML has no way to write some characters; then there is nothing to compare.
        guard let written = try? encode(message) else { return true }
        guard try decode(written) == message else { throw Corpus.Failure(description: "the message changes when it is written and read again") }
        return true
    }

    private static func texts(_ frames: [[UInt8]], _ encode: (ByteBuffer) throws -> ByteBuffer) -> [[UInt8]] {
        frames.compactMap { frame in (try? encode(ByteBuffer(bytes: frame))).map { Array($0.readableBytesView) } }
    }

    // MARK: Payloads

    /// The payloads of the corpus, each behind four bytes that name its operation and a fifth that says whether it is a request's.
    private static func payloads(_ frames: [[UInt8]]) -> [[UInt8]] {
        frames.flatMap { bytes -> [[UInt8]] in
            let frame = ByteBuffer(bytes: bytes)
            if let request = try? RequestMessage(frame: frame, maximumItems: 1000) {
                return request.items.map { head($0.operation, 1) + Array($0.payload.readableBytesView) }
            }
            return ((try? ResponseMessage(frame: frame))?.items ?? []).compactMap { item in
                item.payload.map { head(item.operation ?? .get, 0) + Array($0.readableBytesView) }
            }
        }
    }

    private static func head(_ operation: KMIP.Operation, _ isRequest: UInt8) -> [UInt8] {
        [0, 0, 0, UInt8(truncatingIfNeeded: operation.rawValue), isRequest]
    }

    private static func payload(_ bytes: [UInt8]) throws -> Bool {
        guard bytes.count >= 5 else { return false }
        return read(KMIP.Operation(rawValue: UInt32(bytes[3])), ByteBuffer(bytes: bytes[5...]), isRequest: bytes[4] & 1 == 1)
    }

    private static func read(_ operation: KMIP.Operation, _ items: ByteBuffer, isRequest: Bool) -> Bool {
        for version in [ProtocolVersion.v1_0, .v1_2] {
            if isRequest { try? Vocabulary(version).admit(items, of: operation) } else { _ = try? Vocabulary(version).conform(items, of: operation) }
        }
        guard let codec = PayloadCodec.of(operation) else { return false }
        var reader = TTLVReader(items: items)
        do throws(KMIPError) {
            try isRequest ? codec.request(&reader) : codec.response(&reader)
            return true
        } catch {
            var item = RequestBatchItem(operation: operation, payload: items)
            item.uniqueBatchItemID = nil
            _ = error.description(in: item)
            return false
        }
    }
}
