import Testing
@testable import KCMCrypto

@Suite("Messages in parts")
struct CipherStreamTests {
    /// Everything that a stream gives for parts of `size` bytes.
    private func run(
        _ message: [UInt8],
        parts size: Int,
        mode: BlockCipherMode,
        padding: BlockPadding = .none,
        iv: [UInt8],
        aad: [UInt8] = [],
        tagLength: Int = 0,
        encrypts: Bool
    ) throws -> (output: [UInt8], tag: [UInt8]) {
        let key = try secret([UInt8](repeating: 5, count: 32))
        var stream = try CipherStream(
            .aes, key: key, mode: mode, padding: padding, iv: iv, aad: aad, tagLength: tagLength, encrypts: encrypts
        )
        var output: [UInt8] = []
        var rest = message[...]
        while rest.count > size {
            var room = [UInt8](repeating: 0xee, count: stream.capacity(for: size))
            let part = Array(rest.prefix(size))
            let count = try part.withUnsafeBytes { part in try room.withUnsafeMutableBytes { try stream.update(part, into: $0) } }
            output += room.prefix(count)
            rest = rest.dropFirst(size)
        }
        var room = [UInt8](repeating: 0xee, count: stream.capacity(for: rest.count))
        var tag = [UInt8](repeating: 0, count: tagLength)
        let count = try Array(rest).withUnsafeBytes { part in
            try tag.withUnsafeMutableBytes { tag in try room.withUnsafeMutableBytes { try stream.finish(part, tag: tag, into: $0) } }
        }
        return (output + room.prefix(count), tag)
    }

    @Test(
        "parts give what the whole gives",
        arguments: [
            (BlockCipherMode.ecb, BlockPadding.pkcs5), (.cbc, .pkcs5), (.ctr, .none), (.cfb, .none), (.ofb, .none), (.gcm, .none),
        ], [1, 7, 16, 31, 100])
    func parts(of kind: (mode: BlockCipherMode, padding: BlockPadding), size: Int) throws {
        let iv = kind.mode == .ecb ? [] : [UInt8](repeating: 9, count: 16)
        let aad: [UInt8] = kind.mode == .gcm ? [1, 2, 3] : []
        let tagLength = kind.mode == .gcm ? 16 : 0
        let key = [UInt8](repeating: 5, count: 32)
        for count in [0, 1, 15, 16, 17, 64, 99] {
            let message = (0..<count).map { UInt8($0) }
            let whole = try encrypt(message, key: key, mode: kind.mode, padding: kind.padding, iv: iv, aad: aad, tagLength: tagLength)
            let streamed = try run(
                message, parts: size, mode: kind.mode, padding: kind.padding, iv: iv, aad: aad, tagLength: tagLength, encrypts: true
            )
            #expect(streamed.output == whole.ciphertext)
            #expect(streamed.tag == whole.tag)
            if kind.mode != .gcm {
                let back = try run(whole.ciphertext, parts: size, mode: kind.mode, padding: kind.padding, iv: iv, encrypts: false)
                #expect(back.output == message)
            }
        }
    }

    @Test("an incomplete block without padding is refused at the end")
    func incomplete() throws {
        #expect(throws: CryptoError(.length, "")) { try run([1, 2, 3], parts: 16, mode: .ecb, iv: [], encrypts: true) }
        #expect(throws: CryptoError(.padding, "")) {
            try run([UInt8](repeating: 1, count: 16), parts: 16, mode: .ecb, padding: .pkcs5, iv: [], encrypts: false)
        }
    }

    @Test("plaintext of GCM does not come out before its tag was checked")
    func unauthenticated() throws {
        #expect(!CipherStream.takes(.gcm, padding: .none, encrypting: false))
        #expect(throws: CryptoError(.unsupported, "")) {
            try run([1], parts: 16, mode: .gcm, iv: [UInt8](repeating: 0, count: 12), tagLength: 16, encrypts: false)
        }
    }

    @Test("gathered bytes keep their order and their limit")
    func gathered() throws {
        var bytes = GatheredBytes(limit: 1_000)
        let message = (0..<1_000).map { UInt8(truncatingIfNeeded: $0) }
        for start in stride(from: 0, to: 1_000, by: 50) {
            try message[start..<start + 50].withUnsafeBytes { part in try bytes.append(part) }
        }
        #expect(bytes.withUnsafeBytes { Array($0) } == message)
        var refused = false
        do { try withUnsafeBytes(of: UInt8(1)) { part in try bytes.append(part) } } catch {
            refused = error as? CryptoError == CryptoError(.length, "")
        }
        #expect(refused)
        #expect(bytes.count == 1_000)
    }
}
