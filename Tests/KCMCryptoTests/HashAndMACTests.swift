import Testing
@testable import KCMCrypto

@Suite("Hashes and MACs")
struct HashAndMACTests {
    /// The digest of "abc" (FIPS 180-4, FIPS 202, RFC 1321) and the HMAC of RFC 4231 case 2 with each hash.
    static let vectors: [(hash: HashAlgorithm, digest: String, code: String)] = [
        (.md5, "900150983cd24fb0d6963f7d28e17f72", "750c783e6ab0b503eaa86e310a5db738"),
        (.sha1, "a9993e364706816aba3e25717850c26c9cd0d89d", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
        (
            .sha224, "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7",
            "a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44"
        ),
        (
            .sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        (
            .sha384, "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
            "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649"
        ),
        (
            .sha512,
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
            "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"
        ),
        (.ripemd160, "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc", "dda6c0213a485a9e24f4742064a7f033b43c4069"),
        (
            .sha512_224, "4634270f707b6a54daae7530460842e20e37ed265ceee9a43e8924aa",
            "4a530b31a79ebcce36916546317c45f247d83241dfb818fd37254bde"
        ),
        (
            .sha512_256, "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23",
            "6df7b24630d5ccb2ee335407081a87188c221489768fa2020513b2d593359456"
        ),
        (
            .sha3_224, "e642824c3f8cf24ad09234ee7d3c766fc9a3a5168d0c94ad73b46fdf",
            "7fdb8dd88bd2f60d1b798634ad386811c2cfc85bfaf5d52bbace5e66"
        ),
        (
            .sha3_256, "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532",
            "c7d4072e788877ae3596bbb0da73b887c9171f93095b294ae857fbe2645e1ba5"
        ),
        (
            .sha3_384, "ec01498288516fc926459f58e2c6ad8df9b473cb0fc08c2596da7cf0e49be4b298d88cea927ac7f539f1edf228376d25",
            "f1101f8cbf9766fd6764d2ed61903f21ca9b18f57cf3e1a23ca13508a93243ce48c045dc007f26a21b3f5e0e9df4c20a"
        ),
        (
            .sha3_512,
            "b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e10e116e9192af3c91a7ec57647e3934057340b4cf408d5a56592f8274eec53f0",
            "5a4bfeab6166427c7a3647b747292b8384537cdb89afb3bf5665e4c5e709350b287baec921fd7ca0ee7a0c31d022a95e1fc92ba9d77df883960275beb4e62024"
        ),
    ]

    @Test("each hash and its HMAC", arguments: vectors)
    func hashes(vector: (hash: HashAlgorithm, digest: String, code: String)) throws {
        let message = Array("abc".utf8)
        #expect(Hexadecimal.text(try message.withUnsafeBytes { bytes in try vector.hash.hash(bytes) }) == vector.digest)
        #expect(vector.digest.utf8.count == 2 * vector.hash.digestSize)
        var stream = try HashStream(vector.hash)
        for byte in message { try withUnsafeBytes(of: byte) { bytes in try stream.update(bytes) } }
        #expect(Hexadecimal.text(try stream.finish()) == vector.digest)
        #expect(try code(.hmac(vector.hash), "what do ya want for nothing?", key: Array("Jefe".utf8)) == vector.code)
    }

    @Test("every hash has a vector here")
    func complete() { #expect(Set(Self.vectors.map(\.hash)) == Set(HashAlgorithm.allCases)) }

    @Test("HMAC takes an empty key, and one that is longer than a block (RFC 4231 case 6)")
    func keyLengths() throws {
        #expect(try code(.hmac(.sha256), "", key: []) == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad")
        #expect(
            try code(.hmac(.sha256), "Test Using Larger Than Block-Size Key - Hash Key First", key: [UInt8](repeating: 0xaa, count: 131))
                == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        )
    }

    @Test(
        "CMAC (SP 800-38B D.1 to D.5)",
        arguments: [
            (SymmetricCipher.aes, "2b7e151628aed2a6abf7158809cf4f3c", 0, "bb1d6929e95937287fa37d129b756746"),
            (.aes, "2b7e151628aed2a6abf7158809cf4f3c", 16, "070a16b46b4d4144f79bdd9dd04a287c"),
            (.aes, "2b7e151628aed2a6abf7158809cf4f3c", 40, "dfa66747de9ae63030ca32611497c827"),
            (.aes, "2b7e151628aed2a6abf7158809cf4f3c", 64, "51f0bebf7e3b9d92fc49741779363cfe"),
            (.aes, "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4", 0, "028962f61b7bf89efc6b551f4667d983"),
            (.tripleDES, "8aa83bf8cbda10620bc1bf19fbb6cd58bc313d4a371ca8b5", 0, "b7a688e122ffaf95"),
            (.tripleDES, "4cf15134a2850dd58a3d10ba80570d38", 0, "bd2ebf9a3ba00361"),
        ])
    func cmac(cipher: SymmetricCipher, key: String, count: Int, code: String) throws {
        let key = try secret(hex(key))
        let message = Array(hex(Vector.plaintext).prefix(count))
        var stream = try MACStream(.cmac(cipher), key: key)
        for byte in message { try withUnsafeBytes(of: byte) { bytes in try stream.update(bytes) } }
        #expect(Hexadecimal.text(try stream.finish()) == code)
        #expect(Hexadecimal.text(try message.withUnsafeBytes { bytes in try MACAlgorithm.cmac(cipher).authenticate(bytes, key: key) }) == code)
    }

    @Test("CMAC refuses keys that the cipher lacks")
    func cmacKey() throws {
        let key = try secret([1, 2, 3])
        var code: CryptoError.Code?
        do throws(CryptoError) { _ = try MACStream(.cmac(.aes), key: key) } catch { code = error.code }
        #expect(code == .parameter)
    }

    @Test("CS-AC-M-4 and CS-AC-M-7")
    func official() throws {
        let message = hex(Official.message)
        let key = try secret(hex("0123456789abcdef0123456789abcdef"))
        let code = try message.withUnsafeBytes { bytes in try MACAlgorithm.hmac(.sha256).authenticate(bytes, key: key) }
        #expect(Hexadecimal.text(code) == "c911e78196d64c30f631bb079ea37b97a95936d4da764d6a171df030c895ecf9")
        let digest = try message.withUnsafeBytes { bytes in try HashAlgorithm.sha256.hash(bytes) }
        #expect(Hexadecimal.text(digest) == "ad41233d22cf9322e3a7ff49a13da434797abed3bab80950a1a0d4e582b7ea72")
    }

    @Test("the generator takes seeds and goes on")
    func seeding() throws {
        let before = try Random.bytes(32)
        [UInt8](repeating: 0, count: 64).withUnsafeBytes { Random.stir($0) }
        var after = [UInt8](repeating: 0, count: 32)
        try after.withUnsafeMutableBytes { bytes in try Random.fillPrivately(bytes) }
        #expect(before != after)
        #expect(after != [UInt8](repeating: 0, count: 32))
    }

    private func code(_ algorithm: MACAlgorithm, _ message: String, key: [UInt8]) throws -> String {
        let key = try secret(key)
        return Hexadecimal.text(
            try Array(message.utf8).withUnsafeBytes { bytes in try algorithm.authenticate(bytes, key: key) }
        )
    }
}
