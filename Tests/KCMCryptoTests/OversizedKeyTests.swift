import Testing
@testable import KCMCrypto

@Suite("Keys whose numbers would cost more than their size says")
struct OversizedKeyTests {
    private func rsa(_ change: (inout AsymmetricKey.RSANumbers, UnsafeRawBufferPointer) -> Void) throws -> AsymmetricKey {
        let modulus = [UInt8](repeating: 0xC5, count: 128)
        let exponent: [UInt8] = [1, 0, 1]
        let large = [UInt8](repeating: 0xFF, count: 1 << 20)
        return try modulus.withUnsafeBytes { modulus in
            try exponent.withUnsafeBytes { exponent in
                try large.withUnsafeBytes { large in
                    var numbers = AsymmetricKey.RSANumbers()
                    numbers.modulus = modulus
                    numbers.publicExponent = exponent
                    change(&numbers, large)
                    return try AsymmetricKey(numbers)
                }
            }
        }
    }

    @Test("A private exponent longer than the modulus is refused", arguments: [129, 1024, 1 << 20])
    func exponent(size: Int) {
        #expect {
            try rsa { $0.privateExponent = UnsafeRawBufferPointer(rebasing: $1[..<size]) }
        } throws: { ($0 as? CryptoError)?.code == .unsupported }
    }

    @Test("Primes of a million bytes are refused before anything is reckoned out of them", .timeLimit(.minutes(1)))
    func primes() {
        #expect {
            try rsa {
                $0.p = $1
                $0.q = $1
            }
        } throws: { ($0 as? CryptoError)?.code == .unsupported }
    }

    @Test("Memory for large values is given back, whatever their sizes")
    func largeValues() throws {
        let before = LockedMemory.statistics.locked
        for size in 0..<100 { _ = try SecretBytes(count: 300_000 + size * 4096) { $0[0] = 1 } }
        // 50 MB went through; what other tests hold meanwhile is far less.
        #expect(LockedMemory.statistics.locked - before < 10 << 20)
    }
}
