internal import COpenSSL

/// Splits a secret into parts of which some are enough to have it back (KMIP 1.4 §2.2.5). Randomness and large numbers are OpenSSL's.
public struct SecretSharing: Sendable, Hashable {
    /// How shares are made.
    public enum Method: Sendable, Hashable {
        /// Every part is needed.
        case xor
        /// Shamir's scheme over GF(2⁸), a byte at a time.
        case polynomialGF28
        /// Shamir's scheme over GF(2¹⁶), two bytes at a time; a secret of an odd number of bytes gets a zero byte behind.
        case polynomialGF216
        /// Shamir's scheme over the integers modulo a prime, unsigned and big-endian, larger than the secret.
        case primeField([UInt8])
    }

    /// The most parts.
    public static let maximumParts = 255
    /// The longest secret and the longest share, in bytes: a key is shorter.
    public static let maximumSecretSize = 16_384
    /// Multiplications of one split: bytes times parts times threshold. These take about a second.
    private static let maximumWork = 1 << 26
    /// The longest prime, in bytes.
    public static let maximumPrimeSize = 512

    public let method: Method
    public let parts: Int
    public let threshold: Int

    /// - Parameters:
    ///   - parts: 2 to ``maximumParts``.
    ///   - threshold: 2 to `parts`; for XOR the same as `parts`. 1 would make each part the secret itself.
    /// - Throws: `.parameter` for other numbers, or what is no prime.
    public init(_ method: Method, parts: Int, threshold: Int) throws(CryptoError) {
        guard (2...Self.maximumParts).contains(parts), (2...parts).contains(threshold) else {
            throw CryptoError(.parameter, "a secret has 2 to \(Self.maximumParts) parts, of which 2 or more give it back")
        }
        if method == .xor, threshold != parts { throw CryptoError(.parameter, "with XOR all parts are needed") }
        if case .primeField(let prime) = method {
            guard prime.count <= Self.maximumPrimeSize, try PrimeField.isPrime(prime) else {
                throw CryptoError(.parameter, "the size of the field is not a prime of up to \(Self.maximumPrimeSize) bytes")
            }
        }
        self.method = method
        self.parts = parts
        self.threshold = threshold
    }

    /// Of each share, in bytes.
    public func shareSize(of secretSize: Int) -> Int {
        switch method {
        case .xor, .polynomialGF28: secretSize
        case .polynomialGF216: (secretSize + 1) / 2 * 2
        case .primeField(let prime): PrimeField.size(of: prime)
        }
    }

    /// A prime for secrets of `size` bytes: the method's own choice where the client leaves it open.
    /// - Throws: `.length` for a secret too long for that, `.failed`.
    public static func prime(for size: Int) throws(CryptoError) -> [UInt8] {
        guard (1...64).contains(size) else { throw CryptoError(.length, "a prime is found for secrets of up to 64 bytes, not of \(size)") }
        return try PrimeField.make(bits: size * 8 + 8)
    }

    /// Splits.
    /// - Returns: the shares of the parts 1, 2, … one behind the other, each ``shareSize(of:)`` bytes.
    /// - Throws: `.length` for a secret that is empty or does not fit the field; `.failed`, `.memory`.
    public func split(_ secret: borrowing SecretBytes) throws -> SecretBytes {
        guard secret.count > 0 else { throw CryptoError(.length, "there is nothing to split") }
        guard secret.count <= Self.maximumSecretSize, secret.count * parts * threshold <= Self.maximumWork else {
            throw CryptoError(.length, "the secret is too long for so many parts")
        }
        let size = shareSize(of: secret.count)
        let (method, parts, threshold) = (method, parts, threshold)
        return try secret.withUnsafeBytes { (secret) throws in
            try SecretBytes(count: size * parts) { shares in
                switch method {
                case .xor: try Self.splitXOR(secret, parts, shares)
                case .polynomialGF28, .polynomialGF216: try Self.splitBinary(secret, parts, threshold, wide: method == .polynomialGF216, shares)
                case .primeField(let prime): try PrimeField.split(secret, prime, parts, threshold, shares)
                }
            }
        }
    }

    /// Puts shares together.
    /// - Parameters:
    ///   - shares: one behind the other, all of one size.
    ///   - identifiers: of each share, 1 to ``parts``.
    ///   - count: of the secret, in bytes; `nil`: what the method gives (for a prime field without leading zeros).
    /// - Throws: `.authentication` for too few shares, or a result that is longer than `count` says; `.parameter` for the same share
    ///   twice; `.length`, `.failed`, `.memory`.
    public func join(_ shares: borrowing SecretBytes, identifiers: [Int], count: Int?) throws -> SecretBytes {
        guard Set(identifiers).count == identifiers.count, identifiers.allSatisfy({ (1...parts).contains($0) }) else {
            throw CryptoError(.parameter, "each part is to be there once")
        }
        guard identifiers.count >= threshold else { throw CryptoError(.authentication, "there are too few parts") }
        guard shares.count > 0, shares.count % identifiers.count == 0 else { throw CryptoError(.length, "the parts are not of one size") }
        let size = shares.count / identifiers.count
        guard size <= Self.maximumSecretSize, (1...Self.maximumSecretSize).contains(count ?? 1) else {
            throw CryptoError(.length, "a secret has 1 to \(Self.maximumSecretSize) bytes")
        }
        let method = method
        let whole = try shares.withUnsafeBytes { (shares) throws in
            switch method {
            case .xor:
                try SecretBytes(count: size) { output in
                    for index in 0..<shares.count { output[index % size] ^= shares[index] }
                }
            case .polynomialGF28, .polynomialGF216:
                try SecretBytes(count: size) { try Self.joinBinary(shares, identifiers, wide: method == .polynomialGF216, $0) }
            case .primeField(let prime): try PrimeField.join(shares, identifiers, prime, count: count)
            }
        }
        guard let count, count != whole.count else { return whole }
        return try whole.prefix(count)
    }

    // MARK: XOR

    private static func splitXOR(_ secret: UnsafeRawBufferPointer, _ parts: Int, _ shares: UnsafeMutableRawBufferPointer) throws {
        let size = secret.count
        let random = UnsafeMutableRawBufferPointer(rebasing: shares[..<(size * (parts - 1))])
        try fill(random)
        let last = UnsafeMutableRawBufferPointer(rebasing: shares[(size * (parts - 1))...])
        last.copyMemory(from: secret)
        for index in 0..<random.count { last[index % size] ^= random[index] }
    }

    // MARK: Polynomials over binary fields

    private static func splitBinary(
        _ secret: UnsafeRawBufferPointer,
        _ parts: Int,
        _ threshold: Int,
        wide: Bool,
        _ shares: UnsafeMutableRawBufferPointer
    ) throws {
        let width = wide ? 2 : 1
        let size = shares.count / parts
        // The coefficients of all pieces, from the first power on.
        _ = try SecretBytes(count: size * (threshold - 1)) { coefficients in
            try fill(coefficients)
            for piece in 0..<size / width {
                for part in 1...parts {
                    let start = (part - 1) * size + piece * width
                    if wide {
                        var value: UInt16 = 0
                        for power in (0..<threshold - 1).reversed() {
                            value = BinaryField.multiply(value ^ word(coefficients, power * size + piece * 2), UInt16(part))
                        }
                        let high = UInt16(secret[piece * 2])
                        let low = piece * 2 + 1 < secret.count ? UInt16(secret[piece * 2 + 1]) : 0
                        value ^= high << 8 | low
                        shares[start] = UInt8(value >> 8)
                        shares[start + 1] = UInt8(truncatingIfNeeded: value)
                    } else {
                        var value: UInt8 = 0
                        for power in (0..<threshold - 1).reversed() {
                            value = BinaryField.multiply(value ^ coefficients[power * size + piece], UInt8(part))
                        }
                        shares[start] = value ^ secret[piece]
                    }
                }
            }
        }
    }

    private static func word(_ bytes: UnsafeMutableRawBufferPointer, _ offset: Int) -> UInt16 {
        UInt16(bytes[offset]) << 8 | UInt16(bytes[offset + 1])
    }

    /// Lagrange's interpolation at 0.
    private static func joinBinary(
        _ shares: UnsafeRawBufferPointer,
        _ identifiers: [Int],
        wide: Bool,
        _ output: UnsafeMutableRawBufferPointer
    ) throws {
        let size = shares.count / identifiers.count
        guard !wide || size % 2 == 0 else { throw CryptoError(.length, "a share in GF(2^16) has an even number of bytes") }
        for (index, identifier) in identifiers.enumerated() {
            let others = identifiers.filter { $0 != identifier }
            if wide {
                let weight = others.reduce(UInt16(1)) {
                    BinaryField.multiply($0, BinaryField.multiply(UInt16($1), BinaryField.invert(UInt16($1 ^ identifier))))
                }
                for offset in stride(from: 0, to: size, by: 2) {
                    let share = UInt16(shares[index * size + offset]) << 8 | UInt16(shares[index * size + offset + 1])
                    let value = BinaryField.multiply(weight, share)
                    output[offset] ^= UInt8(value >> 8)
                    output[offset + 1] ^= UInt8(truncatingIfNeeded: value)
                }
            } else {
                let weight = others.reduce(UInt8(1)) {
                    BinaryField.multiply($0, BinaryField.multiply(UInt8($1), BinaryField.invert(UInt8($1 ^ identifier))))
                }
                for offset in 0..<size { output[offset] ^= BinaryField.multiply(weight, shares[index * size + offset]) }
            }
        }
    }

    private static func fill(_ bytes: UnsafeMutableRawBufferPointer) throws(CryptoError) {
        guard RAND_priv_bytes(bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), Int32(bytes.count)) == 1 else {
            throw .openSSL("the random generator failed")
        }
    }
}
