internal import COpenSSL

/// Shamir's scheme over the integers modulo a prime, on OpenSSL's numbers.
enum PrimeField {
    /// A number that is wiped when it goes.
    private final class Number {
        let pointer: OpaquePointer

        init() throws(CryptoError) {
            guard let pointer = BN_secure_new() else { throw CryptoError(.memory, "no memory for a number") }
            self.pointer = pointer
        }

        convenience init(_ bytes: UnsafeRawBufferPointer) throws(CryptoError) {
            try self.init()
            guard BN_bin2bn(bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), Int32(bytes.count), pointer) != nil else {
                throw .openSSL("the number cannot be read")
            }
        }

        convenience init(_ value: Int) throws(CryptoError) {
            try self.init()
            guard BN_set_word(pointer, UInt(value)) == 1 else { throw .openSSL("the number cannot be set") }
        }

        deinit { BN_clear_free(pointer) }
    }

    private final class Workspace {
        let pointer: OpaquePointer
        init() throws(CryptoError) {
            guard let pointer = BN_CTX_secure_new() else { throw CryptoError(.memory, "no memory for numbers") }
            self.pointer = pointer
        }
        deinit { BN_CTX_free(pointer) }
    }

    private static func number(_ bytes: [UInt8]) throws(CryptoError) -> Number {
        let number = try Number()
        guard BN_bin2bn(bytes, Int32(bytes.count), number.pointer) != nil else { throw .openSSL("the number cannot be read") }
        return number
    }

    private static func require(_ done: Int32) throws(CryptoError) {
        guard done == 1 else { throw .openSSL("the calculation failed") }
    }

    static func isPrime(_ bytes: [UInt8]) throws(CryptoError) -> Bool {
        let prime = try number(bytes)
        let work = try Workspace()
        switch BN_check_prime(prime.pointer, work.pointer, nil) {
        case 1: return true
        case 0: return false
        default: throw .openSSL("the prime could not be checked")
        }
    }

    static func make(bits: Int) throws(CryptoError) -> [UInt8] {
        let prime = try Number()
        try require(BN_generate_prime_ex(prime.pointer, Int32(bits), 0, nil, nil, nil))
        var bytes = [UInt8](repeating: 0, count: (Int(BN_num_bits(prime.pointer)) + 7) / 8)
        _ = BN_bn2bin(prime.pointer, &bytes)
        return bytes
    }

    /// Of a residue, in bytes.
    static func size(of prime: [UInt8]) -> Int { prime.count - (prime.firstIndex { $0 != 0 } ?? prime.count) }

    static func split(
        _ secret: UnsafeRawBufferPointer,
        _ prime: [UInt8],
        _ parts: Int,
        _ threshold: Int,
        _ shares: UnsafeMutableRawBufferPointer
    ) throws(CryptoError) {
        let modulus = try number(prime)
        let constant = try Number(secret)
        guard BN_cmp(constant.pointer, modulus.pointer) < 0 else { throw CryptoError(.length, "the secret is not smaller than the prime") }
        let work = try Workspace()
        let size = size(of: prime)
        // Horner's rule needs each coefficient for every part: they stay until all parts are written.
        var coefficients: [OpaquePointer] = []
        defer { for coefficient in coefficients { BN_clear_free(coefficient) } }
        for _ in 1..<threshold {
            guard let coefficient = BN_secure_new() else { throw CryptoError(.memory, "no memory for a number") }
            coefficients.append(coefficient)
            try require(BN_priv_rand_range(coefficient, modulus.pointer))
        }
        for part in 1...parts {
            let x = try Number(part)
            let value = try Number(0)
            for coefficient in coefficients.reversed() {
                try require(BN_mod_add(value.pointer, value.pointer, coefficient, modulus.pointer, work.pointer))
                try require(BN_mod_mul(value.pointer, value.pointer, x.pointer, modulus.pointer, work.pointer))
            }
            try require(BN_mod_add(value.pointer, value.pointer, constant.pointer, modulus.pointer, work.pointer))
            try write(value, UnsafeMutableRawBufferPointer(rebasing: shares[((part - 1) * size)..<(part * size)]))
        }
    }

    private static func write(_ number: Number, _ output: UnsafeMutableRawBufferPointer) throws(CryptoError) {
        guard BN_bn2binpad(number.pointer, output.baseAddress?.assumingMemoryBound(to: UInt8.self), Int32(output.count)) == Int32(output.count) else {
            throw CryptoError(.authentication, "the parts do not give a secret of this length")
        }
    }

    static func join(_ shares: UnsafeRawBufferPointer, _ identifiers: [Int], _ prime: [UInt8], count: Int?) throws -> SecretBytes {
        let modulus = try number(prime)
        let work = try Workspace()
        let size = shares.count / identifiers.count
        let sum = try Number(0)
        for (index, identifier) in identifiers.enumerated() {
            // The weight is public; the share is not.
            let above = try Number(1)
            let below = try Number(1)
            for other in identifiers where other != identifier {
                let x = try Number(other)
                try require(BN_mod_mul(above.pointer, above.pointer, x.pointer, modulus.pointer, work.pointer))
                let difference = try Number(abs(other - identifier))
                if other < identifier { BN_set_negative(difference.pointer, 1) }
                try require(BN_mod_mul(below.pointer, below.pointer, difference.pointer, modulus.pointer, work.pointer))
            }
            let inverse = try Number()
            guard BN_mod_inverse(inverse.pointer, below.pointer, modulus.pointer, work.pointer) != nil else {
                throw CryptoError.openSSL("the parts cannot be put together", code: .parameter)
            }
            let term = try Number(UnsafeRawBufferPointer(rebasing: shares[(index * size)..<((index + 1) * size)]))
            try require(BN_mod_mul(term.pointer, term.pointer, above.pointer, modulus.pointer, work.pointer))
            try require(BN_mod_mul(term.pointer, term.pointer, inverse.pointer, modulus.pointer, work.pointer))
            try require(BN_mod_add(sum.pointer, sum.pointer, term.pointer, modulus.pointer, work.pointer))
        }
        let length = count ?? max(1, (Int(BN_num_bits(sum.pointer)) + 7) / 8)
        let result = sum.pointer
        return try withExtendedLifetime(sum) {
            try SecretBytes(count: length) { output in
                guard BN_bn2binpad(result, output.baseAddress?.assumingMemoryBound(to: UInt8.self), Int32(output.count)) == Int32(output.count) else {
                    throw CryptoError(.authentication, "the parts do not give a secret of this length")
                }
            }
        }
    }
}
