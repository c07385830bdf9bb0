import Testing
@testable import KCMCrypto

@Suite("Digests and derivation")
struct DigestTests {
    @Test(
        "SHA-256 (FIPS 180-4 examples)",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
        ])
    func sha256(message: String, digest: String) throws {
        let bytes = Array(message.utf8)
        #expect(Hexadecimal.text(bytes.withUnsafeBytes { SHA256.hash($0) }) == digest)
        var context = try SHA256.Context()
        for _ in 0..<2 {
            for byte in bytes { withUnsafeBytes(of: byte) { context.update($0) } }
            #expect(Hexadecimal.text(context.finish()) == digest)
        }
    }

    @Test(
        "HMAC (RFC 4231)",
        arguments: [
            (
                String(repeating: "0b", count: 20), "4869205468657265",
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
            ),
            (
                "4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
            ),
            (
                String(repeating: "aa", count: 20), String(repeating: "dd", count: 50),
                "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
            ),
            (
                String(repeating: "aa", count: 131),
                "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368204b6579204669727374",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
            ),
        ])
    func hmac(key: String, message: String, code: String) throws {
        let key = try secret(hex(key))
        #expect(Hexadecimal.text(try hex(message).withUnsafeBytes { try HMACSHA256.authenticate($0, key: key) }) == code)
    }

    @Test(
        "HKDF (RFC 5869 appendix A)",
        arguments: [
            HKDFVector(
                key: String(repeating: "0b", count: 22), salt: "000102030405060708090a0b0c", info: "f0f1f2f3f4f5f6f7f8f9",
                output: "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
            ),
            HKDFVector(
                key: (0x00...0x4f).hexadecimal, salt: (0x60...0xaf).hexadecimal, info: (0xb0...0xff).hexadecimal,
                output: "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c"
                    + "59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"
            ),
            HKDFVector(
                key: String(repeating: "0b", count: 22), salt: "", info: "",
                output: "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
            ),
        ])
    func hkdf(vector: HKDFVector) throws {
        let output = hex(vector.output)
        let derived = try HKDFSHA256.derive(
            from: secret(hex(vector.key)), salt: hex(vector.salt), info: hex(vector.info), count: output.count
        )
        #expect(derived.isEqual(to: try secret(output)))
    }

    @Test("HKDF refuses lengths that it does not have", arguments: [0, -1, 8161])
    func hkdfLength(count: Int) throws {
        let key = try SecretBytes.random(count: 32)
        #expect(throws: CryptoError(.length, "")) { _ = try HKDFSHA256.derive(from: key, info: [], count: count) }
    }

    @Test("random bytes differ")
    func random() throws {
        #expect(try Random.bytes(32) != Random.bytes(32))
        #expect(try Random.bytes(0) == [])
    }

    struct HKDFVector: Sendable {
        let key, salt, info, output: String
    }
}

extension ClosedRange<Int> {
    fileprivate var hexadecimal: String { Hexadecimal.text(map { UInt8($0) }) }
}
