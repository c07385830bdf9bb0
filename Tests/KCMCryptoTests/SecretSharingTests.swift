import Testing
@testable import KCMCrypto

@Suite("Split keys") struct SecretSharingTests {
    private static let methods: [SecretSharing.Method] = [
        .xor, .polynomialGF28, .polynomialGF216,
        // 2^521 - 1.
        .primeField([0x01] + [UInt8](repeating: 0xff, count: 65)),
    ]

    private func bytes(_ secret: borrowing SecretBytes) -> [UInt8] { secret.withUnsafeBytes { Array($0) } }

    /// The shares of some parts, one behind the other.
    private func pick(_ shares: [UInt8], size: Int, _ identifiers: [Int]) throws -> SecretBytes {
        try secret(identifiers.flatMap { Array(shares[(($0 - 1) * size)..<($0 * size)]) })
    }

    @Test(arguments: methods, [16, 32, 33]) func anyPartsThatAreEnoughGiveTheSecretBack(_ method: SecretSharing.Method, _ size: Int) throws {
        let sharing = try SecretSharing(method, parts: 5, threshold: method == .xor ? 5 : 3)
        // A leading zero must survive.
        let original = [0] + (try Random.bytes(size - 1))
        let shares = bytes(try sharing.split(secret(original)))
        let shareSize = sharing.shareSize(of: size)
        #expect(shares.count == shareSize * 5)
        let choices = method == .xor ? [[1, 2, 3, 4, 5], [5, 4, 3, 2, 1]] : [[1, 2, 3], [1, 3, 5], [5, 2, 4], [1, 2, 3, 4, 5]]
        for choice in choices {
            let joined = try sharing.join(pick(shares, size: shareSize, choice), identifiers: choice, count: size)
            #expect(bytes(joined) == original)
        }
        #expect(!shares.starts(with: original), "a part is not the secret")
        let few = method == .xor ? [1, 2, 3, 4] : [2, 4]
        #expect(throws: CryptoError(.authentication, "")) {
            try bytes(sharing.join(pick(shares, size: shareSize, few), identifiers: few, count: size))
        }
        #expect(throws: CryptoError(.parameter, "")) {
            try bytes(sharing.join(pick(shares, size: shareSize, [1, 1, 2, 3, 4]), identifiers: [1, 1, 2, 3, 4], count: size))
        }
    }

    @Test func twoSplitsHaveNothingInCommon() throws {
        let sharing = try SecretSharing(.polynomialGF28, parts: 3, threshold: 2)
        let first = bytes(try sharing.split(secret([UInt8](repeating: 7, count: 32))))
        let second = bytes(try sharing.split(secret([UInt8](repeating: 7, count: 32))))
        #expect(first != second)
    }

    @Test func numbersThatMakeNoSenseAreRefused() throws {
        for (parts, threshold) in [(1, 1), (3, 1), (3, 4), (256, 2)] {
            #expect(throws: CryptoError(.parameter, "")) { try SecretSharing(.polynomialGF28, parts: parts, threshold: threshold) }
        }
        #expect(throws: CryptoError(.parameter, "")) { try SecretSharing(.xor, parts: 3, threshold: 2) }
        #expect(throws: CryptoError(.parameter, "")) { try SecretSharing(.primeField([0x0f]), parts: 3, threshold: 2) }
        let small = try SecretSharing(.primeField([0x0d]), parts: 3, threshold: 2)
        #expect(throws: CryptoError(.length, "")) { try bytes(small.split(secret([200]))) }
        #expect(try SecretSharing(.primeField(SecretSharing.prime(for: 16)), parts: 3, threshold: 2).shareSize(of: 16) == 17)
    }

    @Test func theFieldsAreThoseOfTheStandard() {
        // FIPS 197 §4.2.
        #expect(BinaryField.multiply(UInt8(0x57), UInt8(0x83)) == 0xc1)
        #expect(BinaryField.multiply(UInt8(0x57), UInt8(0x13)) == 0xfe)
        for value in UInt8(1)...255 { #expect(BinaryField.multiply(value, BinaryField.invert(value)) == 1) }
        // y · y = y + m, m = {3A}.
        #expect(BinaryField.multiply(UInt16(0x0100), UInt16(0x0100)) == 0x013a)
        for value in stride(from: UInt16(1), to: 65_000, by: 97) { #expect(BinaryField.multiply(value, BinaryField.invert(value)) == 1) }
    }
}
