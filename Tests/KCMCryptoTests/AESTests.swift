import Testing
@testable import KCMCrypto

@Suite("AES")
struct AESTests {
    @Test("SP 800-38A", arguments: Vector.all)
    func standardModes(vector: Vector) throws {
        let plaintext = hex(Vector.plaintext)
        let sealed = try encrypt(plaintext, key: hex(vector.key), mode: vector.mode, iv: hex(vector.iv)).ciphertext
        #expect(Hexadecimal.text(sealed) == vector.ciphertext)
        #expect(try decrypt(hex(vector.ciphertext), key: hex(vector.key), mode: vector.mode, iv: hex(vector.iv)) == plaintext)
    }

    @Test("GCM", arguments: GCMVector.all)
    func gcm(vector: GCMVector) throws {
        let (plaintext, aad) = (hex(GCMVector.plaintext), hex(GCMVector.additional))
        let sealed = try encrypt(plaintext, key: hex(vector.key), mode: .gcm, iv: hex(vector.iv), aad: aad, tagLength: 16)
        #expect(Hexadecimal.text(sealed.ciphertext) == vector.ciphertext)
        #expect(Hexadecimal.text(sealed.tag) == vector.tag)
        let short = try encrypt(plaintext, key: hex(vector.key), mode: .gcm, iv: hex(vector.iv), aad: aad, tagLength: 4)
        #expect(short.tag == Array(hex(vector.tag).prefix(4)))
        let opened = try decrypt(
            sealed.ciphertext, key: hex(vector.key), mode: .gcm, iv: hex(vector.iv), aad: aad, tag: sealed.tag
        )
        #expect(opened == plaintext)
    }

    @Test("RFC 3394", arguments: WrapVector.all)
    func keyWrap(vector: WrapVector) throws {
        let wrapped = try encrypt(hex(vector.data), key: hex(vector.key), mode: .nistKeyWrap).ciphertext
        #expect(Hexadecimal.text(wrapped) == vector.wrapped)
        #expect(try decrypt(wrapped, key: hex(vector.key), mode: .nistKeyWrap) == hex(vector.data))
        var changed = wrapped
        changed[9] ^= 1
        #expect(throws: CryptoError(.authentication, "")) { try decrypt(changed, key: hex(vector.key), mode: .nistKeyWrap) }
    }

    @Test("a changed ciphertext, tag, IV or additional data is not opened, and leaves nothing behind")
    func gcmTampering() throws {
        let (key, iv, aad) = (hex(GCMVector.all[8].key), hex(GCMVector.all[8].iv), hex(GCMVector.additional))
        let (ciphertext, tag) = try encrypt(hex(GCMVector.plaintext), key: key, mode: .gcm, iv: iv, aad: aad, tagLength: 16)
        func flipped(_ bytes: [UInt8]) -> [UInt8] { [bytes[0] ^ 0x80] + bytes.dropFirst() }
        for (ciphertext, tag, iv, aad) in [
            (flipped(ciphertext), tag, iv, aad), (ciphertext, flipped(tag), iv, aad), (ciphertext, tag, flipped(iv), aad),
            (ciphertext, tag, iv, flipped(aad)), (Array(ciphertext.dropLast()), tag, iv, aad), (ciphertext, tag, iv, []),
        ] {
            var output: [UInt8] = []
            #expect(throws: CryptoError(.authentication, "")) {
                try decrypt(ciphertext, key: key, mode: .gcm, iv: iv, aad: aad, tag: tag, output: &output)
            }
            #expect(output.allSatisfy { $0 == 0 })
        }
    }

    @Test("messages of every length come back", arguments: [BlockCipherMode.ecb, .cbc, .ctr, .gcm])
    func everyLength(mode: BlockCipherMode) throws {
        let key = [UInt8](repeating: 7, count: 32)
        let iv = mode == .ecb ? [] : [UInt8](repeating: 9, count: 16)
        for count in 0...65 {
            let message = (0..<count).map { UInt8($0) }
            let sealed = try encrypt(message, key: key, mode: mode, padding: .pkcs5, iv: iv, tagLength: mode == .gcm ? 12 : 0)
            let padded = mode == .ecb || mode == .cbc
            #expect(sealed.ciphertext.count == (padded ? (count / 16 + 1) * 16 : count))
            #expect(try decrypt(sealed.ciphertext, key: key, mode: mode, padding: .pkcs5, iv: iv, tag: sealed.tag) == message)
        }
    }

    @Test("bad padding is told apart and leaves nothing behind")
    func badPadding() throws {
        let key = [UInt8](repeating: 1, count: 16)
        let iv = [UInt8](repeating: 2, count: 16)
        let sealed = try encrypt([UInt8](repeating: 0x55, count: 32), key: key, mode: .cbc, iv: iv).ciphertext
        var output: [UInt8] = []
        #expect(throws: CryptoError(.padding, "")) {
            try decrypt(sealed, key: key, mode: .cbc, padding: .pkcs5, iv: iv, output: &output)
        }
        #expect(output.allSatisfy { $0 == 0 })
    }

    @Test(
        "parameters that the mode does not take are refused",
        arguments: [
            Refusal(mode: .gcm, iv: 0, tag: 16, code: .parameter), Refusal(mode: .gcm, iv: 129, tag: 16, code: .parameter),
            Refusal(mode: .gcm, iv: 12, tag: 3, code: .parameter), Refusal(mode: .gcm, iv: 12, tag: 17, code: .parameter),
            Refusal(mode: .cbc, iv: 12, code: .parameter), Refusal(mode: .ctr, iv: 8, code: .parameter),
            Refusal(mode: .ecb, iv: 16, code: .parameter), Refusal(mode: .cbc, iv: 16, data: 17, code: .length),
            Refusal(mode: .ecb, iv: 0, data: 15, code: .length), Refusal(mode: .nistKeyWrap, iv: 0, data: 8, code: .length),
            Refusal(mode: .nistKeyWrap, iv: 0, data: 20, code: .length), Refusal(mode: .ecb, iv: 0, key: 20, code: .parameter),
            Refusal(mode: .gcm, iv: 12, tag: 16, key: 0, code: .parameter),
        ])
    func refusals(refusal: Refusal) {
        #expect(throws: CryptoError(refusal.code, "")) {
            try encrypt(
                [UInt8](repeating: 0, count: refusal.data), key: [UInt8](repeating: 0, count: refusal.key), mode: refusal.mode,
                iv: [UInt8](repeating: 0, count: refusal.iv), tagLength: refusal.tag
            )
        }
    }

    @Test("GCM takes IVs of 1 to 128 bytes")
    func gcmIVLengths() throws {
        let key = [UInt8](repeating: 3, count: 16)
        for count in [1, 8, 11, 12, 13, 16, 60, 128] {
            let iv = [UInt8](repeating: 5, count: count)
            let sealed = try encrypt([1, 2, 3], key: key, mode: .gcm, iv: iv, tagLength: 16)
            #expect(try decrypt(sealed.ciphertext, key: key, mode: .gcm, iv: iv, tag: sealed.tag) == [1, 2, 3])
        }
    }

    struct Refusal: Sendable {
        let mode: BlockCipherMode
        let iv: Int
        var tag = 0
        var data = 16
        var key = 16
        let code: CryptoError.Code
    }
}
