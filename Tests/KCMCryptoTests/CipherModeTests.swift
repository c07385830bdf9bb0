import Testing
@testable import KCMCrypto

@Suite("Modes of AES and 3DES")
struct CipherModeTests {
    @Test(
        "CFB and OFB (SP 800-38A F.3, F.4)",
        arguments: [
            (
                BlockCipherMode.cfb, "2b7e151628aed2a6abf7158809cf4f3c",
                "3b3fd92eb72dad20333449f8e83cfb4ac8a64537a0b3a93fcde3cdad9f1ce58b26751f67a3cbb140b1808cf187a4f4dfc04b05357c5d1c0eeac4c66f9ff7f2e6"
            ),
            (
                .cfb, "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
                "dc7e84bfda79164b7ecd8486985d386039ffed143b28b1c832113c6331e5407bdf10132415e54b92a13ed0a8267ae2f975a385741ab9cef82031623d55b1e471"
            ),
            (
                .ofb, "2b7e151628aed2a6abf7158809cf4f3c",
                "3b3fd92eb72dad20333449f8e83cfb4a7789508d16918f03f53c52dac54ed8259740051e9c5fecf64344f7a82260edcc304c6528f659c77866a510d9c1d6ae5e"
            ),
            (
                .ofb, "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b",
                "cdc80d6fddf18cab34c25909c99a4174fcc28b8d4c63837c09e81700c11004018d9a9aeac0f6596f559c6d4daf59a5f26d9f200857ca6c3e9cac524bd9acc92a"
            ),
        ])
    func feedback(mode: BlockCipherMode, key: String, ciphertext: String) throws {
        let iv = hex("000102030405060708090a0b0c0d0e0f")
        #expect(Hexadecimal.text(try encrypt(hex(Vector.plaintext), key: hex(key), mode: mode, iv: iv).ciphertext) == ciphertext)
        #expect(try decrypt(hex(ciphertext), key: hex(key), mode: mode, iv: iv) == hex(Vector.plaintext))
    }

    @Test(
        "CCM (SP 800-38C C.1 to C.3)",
        arguments: [
            ("10111213141516", "0001020304050607", "20212223", "7162015b", "4dac255d"),
            (
                "1011121314151617", "000102030405060708090a0b0c0d0e0f", "202122232425262728292a2b2c2d2e2f",
                "d2a1f0e051ea5f62081a7792073d593d", "1fc64fbfaccd"
            ),
            (
                "101112131415161718191a1b", "000102030405060708090a0b0c0d0e0f10111213", "202122232425262728292a2b2c2d2e2f3031323334353637",
                "e3b201a9f5b71a7a9b1ceaeccd97e70b6176aad9a4428aa5", "484392fbc1b09951"
            ),
        ])
    func ccm(nonce: String, aad: String, plaintext: String, ciphertext: String, tag: String) throws {
        let key = hex("404142434445464748494a4b4c4d4e4f")
        let sealed = try encrypt(hex(plaintext), key: key, mode: .ccm, iv: hex(nonce), aad: hex(aad), tagLength: tag.count / 2)
        #expect(Hexadecimal.text(sealed.ciphertext) == ciphertext)
        #expect(Hexadecimal.text(sealed.tag) == tag)
        #expect(try decrypt(hex(ciphertext), key: key, mode: .ccm, iv: hex(nonce), aad: hex(aad), tag: hex(tag)) == hex(plaintext))
        var output: [UInt8] = []
        #expect(throws: CryptoError(.authentication, "")) {
            try decrypt(hex(ciphertext), key: key, mode: .ccm, iv: hex(nonce), tag: hex(tag), output: &output)
        }
        #expect(output.allSatisfy { $0 == 0 })
    }

    @Test("CCM takes an empty message and refuses odd tags and long nonces")
    func ccmEdges() throws {
        let key = [UInt8](repeating: 1, count: 32)
        let nonce = [UInt8](repeating: 2, count: 12)
        let sealed = try encrypt([], key: key, mode: .ccm, iv: nonce, aad: [1, 2], tagLength: 16)
        #expect(try decrypt([], key: key, mode: .ccm, iv: nonce, aad: [1, 2], tag: sealed.tag) == [])
        #expect(throws: CryptoError(.authentication, "")) { try decrypt([], key: key, mode: .ccm, iv: nonce, aad: [1], tag: sealed.tag) }
        #expect(throws: CryptoError(.parameter, "")) { try encrypt([], key: key, mode: .ccm, iv: nonce, tagLength: 5) }
        #expect(throws: CryptoError(.parameter, "")) { try encrypt([], key: key, mode: .ccm, iv: key, tagLength: 16) }
    }

    @Test("XTS (IEEE 1619 vector 2)")
    func xts() throws {
        let key = [UInt8](repeating: 0x11, count: 16) + [UInt8](repeating: 0x22, count: 16)
        let tweak = hex("33333333330000000000000000000000")
        let plaintext = [UInt8](repeating: 0x44, count: 32)
        let ciphertext = hex("c454185e6a16936e39334038acef838bfb186fff7480adc4289382ecd6d394f0")
        #expect(try encrypt(plaintext, key: key, mode: .xts, iv: tweak).ciphertext == ciphertext)
        #expect(try decrypt(ciphertext, key: key, mode: .xts, iv: tweak) == plaintext)
        #expect(throws: CryptoError(.length, "")) { try encrypt([1], key: key, mode: .xts, iv: tweak) }
        #expect(throws: CryptoError(.parameter, "")) { try encrypt(plaintext, key: Array(key.prefix(16)), mode: .xts, iv: tweak) }
    }

    @Test(
        "RFC 5649",
        arguments: [
            ("c37b7e6492584340bed12207808941155068f738", "138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a"),
            ("466f7250617369", "afbeb0f07dfbf5419200f2ccb50bb24f"),
        ])
    func keyWrapPadding(data: String, wrapped: String) throws {
        let key = hex("5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8")
        #expect(Hexadecimal.text(try encrypt(hex(data), key: key, mode: .keyWrapPadding).ciphertext) == wrapped)
        #expect(try decrypt(hex(wrapped), key: key, mode: .keyWrapPadding) == hex(data))
        #expect(throws: CryptoError(.authentication, "")) { try decrypt(hex(wrapped).reversed(), key: key, mode: .keyWrapPadding) }
    }

    @Test(
        "3DES with two and three keys (SP 800-67 B.1)",
        arguments: [
            (BlockCipherMode.ecb, true, "a826fd8ce53b855fcce21c8112256fe668d5c05dd9b6b900"),
            (.cbc, true, "f368d06f3bbd614e60f2d0245cad3f818d5c69f2cb3fd5c7"),
            (.cfb, true, "645af773cc5c032333f4547f1dc72227fc325ca3d41d1bbc"),
            (.ofb, true, "645af773cc5c0323cd6750acc94eb37df6eccb9c9f705815"),
            (.ecb, false, "c44862f70cf2fbdc9077d0909fa91b884cabd61fc58e0cbb"),
            (.cbc, false, "5fc422bf09e37e07d18101ef41b90eca02e8ed6fef6e414e"),
            (.cfb, false, "7709c9c6b4627632f1994105de41523ad46dc52d2a984d8e"),
            (.ofb, false, "7709c9c6b4627632bbcef8b23fea573cdc87ff4a6068f39a"),
        ])
    func tripleDES(mode: BlockCipherMode, threeKeys: Bool, ciphertext: String) throws {
        let key = Array(hex("0123456789abcdef23456789abcdef01456789abcdef0123").prefix(threeKeys ? 24 : 16))
        let iv = mode == .ecb ? [] : hex("0001020304050607")
        let plaintext = Array("The qufck brown fox jump".utf8)
        #expect(Hexadecimal.text(try encrypt(plaintext, with: .tripleDES, key: key, mode: mode, iv: iv).ciphertext) == ciphertext)
        #expect(try decrypt(hex(ciphertext), with: .tripleDES, key: key, mode: mode, iv: iv) == plaintext)
        #expect(throws: CryptoError(.unsupported, "")) { try encrypt(plaintext, with: .tripleDES, key: key, mode: .gcm, iv: iv, tagLength: 16) }
        #expect(throws: CryptoError(.parameter, "")) { try encrypt(plaintext, with: .tripleDES, key: hex("00"), mode: mode, iv: iv) }
    }

    @Test(
        "every padding gives messages of every length back",
        arguments: [
            BlockPadding.pkcs5, .zeros, .ansiX9_23, .iso10126, .ssl3,
        ], [SymmetricCipher.aes, .tripleDES])
    func paddings(padding: BlockPadding, cipher: SymmetricCipher) throws {
        let key = [UInt8](repeating: 7, count: 24)
        let iv = [UInt8](repeating: 9, count: cipher.blockSize)
        for count in 0...33 {
            let message = (0..<count).map { UInt8($0 + 1) }
            let sealed = try encrypt(message, with: cipher, key: key, mode: .cbc, padding: padding, iv: iv).ciphertext
            #expect(
                sealed.count == (padding == .zeros ? (count + cipher.blockSize - 1) / cipher.blockSize : count / cipher.blockSize + 1)
                    * cipher.blockSize)
            #expect(try decrypt(sealed, with: cipher, key: key, mode: .cbc, padding: padding, iv: iv) == message)
        }
    }

    @Test(
        "what the paddings are",
        arguments: [
            (BlockPadding.pkcs5, "01010101010b0b0b0b0b0b0b0b0b0b0b"), (.ansiX9_23, "0101010101000000000000000000000b"),
            (.zeros, "01010101010000000000000000000000"),
        ])
    func filling(padding: BlockPadding, block: String) throws {
        let key = [UInt8](repeating: 7, count: 16)
        let sealed = try encrypt([UInt8](repeating: 1, count: 5), key: key, mode: .ecb, padding: padding).ciphertext
        #expect(Hexadecimal.text(try decrypt(sealed, key: key, mode: .ecb)) == block)
    }

    @Test(
        "a wrong padding is refused and leaves nothing behind",
        arguments: [
            (BlockPadding.pkcs5, UInt8(17)), (.pkcs5, 0), (.ansiX9_23, 0), (.ansiX9_23, 17), (.ansiX9_23, 5), (.iso10126, 0), (.iso10126, 17),
            (.ssl3, 16),
        ])
    func wrongPadding(padding: BlockPadding, last: UInt8) throws {
        let key = [UInt8](repeating: 7, count: 16)
        let sealed = try encrypt([UInt8](repeating: 3, count: 15) + [last], key: key, mode: .ecb).ciphertext
        var output: [UInt8] = []
        #expect(throws: CryptoError(.padding, "")) { try decrypt(sealed, key: key, mode: .ecb, padding: padding, output: &output) }
        #expect(output.allSatisfy { $0 == 0 })
    }

    @Test("CS-BC-M-GCM: IVs of 8, 12 and 60 bytes, tags of 12 to 16", arguments: Official.gcm)
    func officialGCM(vector: Official.GCM) throws {
        let (key, iv, aad) = (hex(vector.key), hex(vector.iv), hex(vector.additional))
        let sealed = try encrypt(hex(vector.plaintext), key: key, mode: .gcm, iv: iv, aad: aad, tagLength: vector.tag.count / 2)
        #expect(Hexadecimal.text(sealed.ciphertext) == vector.ciphertext)
        #expect(Hexadecimal.text(sealed.tag) == vector.tag)
        #expect(try decrypt(hex(vector.ciphertext), key: key, mode: .gcm, iv: iv, aad: aad, tag: hex(vector.tag)) == hex(vector.plaintext))
    }
}
