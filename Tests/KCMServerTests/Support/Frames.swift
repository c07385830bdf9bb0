import NIOCore

/// Messages of 16 bytes: the eighth-byte body says what the responder is to do, and which request it is.
enum Frames {
    static func request(_ wish: EchoResponder.Wish = .now, id: UInt8 = 0) -> ByteBuffer { message(0x78, [wish.rawValue, id]) }
    static func response(_ wish: EchoResponder.Wish = .now, id: UInt8 = 0) -> ByteBuffer { message(0x7B, [wish.rawValue, id]) }

    private static func message(_ tag: UInt8, _ body: [UInt8]) -> ByteBuffer {
        ByteBuffer(bytes: [0x42, 0x00, tag, 0x01, 0, 0, 0, 8] + body + Array(repeating: 0, count: 8 - body.count))
    }

    /// A whole KMIP 1.4 response with one item that succeeded: what a refusal can be made of.
    static let success: ByteBuffer = {
        func integer(_ tag: UInt8, _ type: UInt8, _ value: UInt8) -> [UInt8] { [0x42, 0, tag, type, 0, 0, 0, 4, 0, 0, 0, value, 0, 0, 0, 0] }
        func structure(_ tag: UInt8, _ body: [UInt8]) -> [UInt8] { [0x42, 0, tag, 1, 0, 0, 0, UInt8(body.count)] + body }
        let version = structure(0x69, integer(0x6A, 2, 1) + integer(0x6B, 2, 4))
        let time: [UInt8] = [0x42, 0, 0x92, 9, 0, 0, 0, 8, 0, 0, 0, 0, 0x60, 0, 0, 0]
        let header = structure(0x7A, version + time + integer(0x0D, 2, 1))
        let item = structure(0x0F, integer(0x5C, 5, 0x18) + integer(0x7F, 5, 0))
        return ByteBuffer(bytes: structure(0x7B, header + item))
    }()
}
