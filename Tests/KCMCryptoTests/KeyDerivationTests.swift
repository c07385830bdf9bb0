import Testing
@testable import KCMCrypto

/// RFC 6070, RFC 7914 §11, and answers of Python's hmac and hashlib.
@Suite("Derivation") struct KeyDerivationTests {
    private static let key: [UInt8] = Array(0..<32)
    private static let fixed: [UInt8] = Array("label\u{0}context".utf8)

    private func bytes(_ secret: borrowing SecretBytes) -> [UInt8] { secret.withUnsafeBytes { Array($0) } }

    private func pbkdf2(_ password: String, _ salt: String, _ iterations: Int, _ hash: HashAlgorithm, _ count: Int) throws -> [UInt8] {
        try Array(salt.utf8).withUnsafeBytes { salt in
            bytes(try KeyDerivation.pbkdf2(secret(Array(password.utf8)), salt: salt, iterations: iterations, hash: hash, count: count))
        }
    }

    private func sp800(_ mode: KeyDerivation.Mode, _ prf: MACAlgorithm = .hmac(.sha256), key: [UInt8] = key, count: Int) throws -> [UInt8] {
        try Self.fixed.withUnsafeBytes { fixed in
            bytes(try KeyDerivation.sp800_108(mode, key: secret(key), fixed: fixed, prf: prf, count: count))
        }
    }

    @Test func pbkdf2IsThatOfTheRFC() throws {
        #expect(try pbkdf2("password", "salt", 1, .sha1, 20) == hex("0c60c80f961f0e71f3a9b524af6012062fe037a6"))
        #expect(try pbkdf2("password", "salt", 4096, .sha1, 20) == hex("4b007901b765489abead49d926f721d065a429c1"))
        #expect(
            try pbkdf2("password", "salt", 1000, .sha256, 40)
                == hex("632c2812e46d4604102ba7618e9d6d7d2f8128f6266b4a03264d2a0460b7dcb388b3b1131f741bcb")
        )
        #expect(throws: CryptoError(.parameter, "")) { try pbkdf2("p", "s", 0, .sha1, 1) }
        #expect(throws: CryptoError(.length, "")) { try pbkdf2("p", "s", 1, .sha1, 0) }
    }

    @Test func theModesOfSP800_108() throws {
        #expect(try sp800(.counter, count: 40) == hex("18b8910606f09c475658fb393a63521855b7deee922916562c76d87ba4f91aa88d4d4fe95ec82226"))
        #expect(
            try sp800(.feedback(iv: Array(100..<132)), count: 40)
                == hex("34fd318cd25c3b1961253b9e47dc5b242d9b019bc4e0d1fb9e03023de117ba24493fd16cd3bf9819")
        )
        #expect(
            try sp800(.feedback(iv: []), count: 40) == hex("18b8910606f09c475658fb393a63521855b7deee922916562c76d87ba4f91aa8a3ffd992e13c77db")
        )
        #expect(
            try sp800(.doublePipeline, count: 70)
                == hex(
                    "80d3e0462dfaf65bdca1b3602dd52bd373e6c927a1a184164c6b71fe08fc665b5bb5a1a7788f40db135c5f3095d0974e45dbd350e0feaa4fdd9108b203068c0a"
                        + "44c36ad8f83b"
                )
        )
    }

    @Test func theOtherPRFIsCMAC() throws {
        // K(1) = CMAC(K, 1 ‖ fixed), by the code that has vectors of its own.
        let code = try ([0, 0, 0, 1] + Self.fixed).withUnsafeBytes { try MACAlgorithm.cmac(.aes).authenticate($0, key: secret(Self.key)) }
        #expect(try sp800(.counter, .cmac(.aes), count: 16) == code)
        #expect(try sp800(.doublePipeline, .cmac(.aes), count: 17).count == 17)
        #expect(throws: CryptoError(.parameter, "")) { try sp800(.counter, .cmac(.aes), key: [1, 2, 3], count: 16) }
    }

    @Test func hashAndMACGiveNoMoreThanTheyHave() throws {
        // TC-DERIVEKEY-1.
        let base = hex("00112233445566778899aabbccddeeff")
        let derived = try base.withUnsafeBytes { bytes(try KeyDerivation.hash($0, .sha256, count: 16)) }
        #expect(derived == hex("a8faed6abbf35c12a4b26e40f6feb19d"))
        #expect(throws: CryptoError(.length, "")) { try base.withUnsafeBytes { bytes(try KeyDerivation.hash($0, .sha256, count: 33)) } }
        // RFC 4231, case 2.
        let code = try Array("what do ya want for nothing?".utf8).withUnsafeBytes {
            bytes(try KeyDerivation.mac($0, key: secret(Array("Jefe".utf8)), .hmac(.sha256), count: 8))
        }
        #expect(code == hex("5bdcc146bf60754e"))
    }
}
