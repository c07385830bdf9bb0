import Glibc
import Testing
@testable import KCMCrypto

@Suite("Ed25519")
struct SigningKeyTests {
    @Test(
        "RFC 8032 §7.1",
        arguments: [
            (
                "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", "",
                "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
            ),
            (
                "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb", "72",
                "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
            ),
            (
                "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7", "af82",
                "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
            ),
        ])
    func vectors(seed: String, message: String, signature: String) throws {
        let key = try SigningKey(seed: secret(hex(seed)))
        let signed = try hex(message).withUnsafeBytes { try key.sign($0) }
        #expect(Hexadecimal.text(signed) == signature)
        #expect(hex(message).withUnsafeBytes { key.verifyingKey.isValid(signature: signed, for: $0) })
        #expect(!(hex(message) + [0]).withUnsafeBytes { key.verifyingKey.isValid(signature: signed, for: $0) })
    }

    @Test("come back from their files, which only the owner may read")
    func files() throws {
        let folder = try TemporaryFolder()
        let key = try SigningKey.generate()
        try key.write(pemFile: folder.path("audit.key"))
        var status = stat()
        #expect(stat(folder.path("audit.key"), &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
        let again = try SigningKey(pemFile: folder.path("audit.key"))
        #expect(again.publicKeyPEM == key.publicKeyPEM)
        let verifier = try VerifyingKey(pem: key.publicKeyPEM)
        #expect(verifier.fingerprint == key.verifyingKey.fingerprint)
        let signature = try [1, 2, 3].withUnsafeBytes { try again.sign($0) }
        #expect([1, 2, 3].withUnsafeBytes { verifier.isValid(signature: signature, for: $0) })
    }

    @Test("another key, a changed or a short signature is not valid")
    func invalid() throws {
        let key = try SigningKey.generate()
        let message: [UInt8] = [1, 2, 3]
        let signature = try message.withUnsafeBytes { try key.sign($0) }
        let other = try SigningKey.generate().verifyingKey
        #expect(!message.withUnsafeBytes { other.isValid(signature: signature, for: $0) })
        for index in [0, 31, 32, 63] {
            var changed = signature
            changed[index] ^= 1
            #expect(!message.withUnsafeBytes { key.verifyingKey.isValid(signature: changed, for: $0) })
        }
        #expect(!message.withUnsafeBytes { key.verifyingKey.isValid(signature: Array(signature.dropLast()), for: $0) })
        #expect(!message.withUnsafeBytes { key.verifyingKey.isValid(signature: [], for: $0) })
    }

    @Test("files that are no such key are refused with their path")
    func malformed() throws {
        let folder = try TemporaryFolder()
        try PrivateKey.generate(.p256).write(pemFile: folder.path("p256.key"))
        try folder.write("-----BEGIN PRIVATE KEY-----\nnonsense\n-----END PRIVATE KEY-----\n", to: "bad.key")
        #expect(throws: CryptoError(.unsupported, "")) { try SigningKey(pemFile: folder.path("p256.key")) }
        #expect(throws: CryptoError(.certificate, "")) { try SigningKey(pemFile: folder.path("bad.key")) }
        let error = #expect(throws: CryptoError.self) { try SigningKey(pemFile: folder.path("none.key")) }
        #expect(error?.message.contains("none.key") == true)
        #expect(throws: CryptoError(.certificate, "")) { try VerifyingKey(pem: "nothing") }
    }
}
