/// Arithmetic in the binary fields of split keys (KMIP 1.4 §2.2.5), without tables and branches that depend on values: shares are secret.
enum BinaryField {
    /// A product in GF(2⁸) with x⁸+x⁴+x³+x+1 (FIPS 197 §4.2).
    static func multiply(_ a: UInt8, _ b: UInt8) -> UInt8 {
        var a = a
        var product: UInt8 = 0
        for bit in 0..<8 {
            product ^= a & (0 &- (b >> bit & 1))
            a = a << 1 ^ (0x1B & (0 &- (a >> 7)))
        }
        return product
    }

    /// The inverse in GF(2⁸): a to the 254th power. 0 for 0.
    static func invert(_ a: UInt8) -> UInt8 {
        var result: UInt8 = 1
        var power = a
        // 254 is 11111110 in binary.
        for _ in 1..<8 {
            power = multiply(power, power)
            result = multiply(result, power)
        }
        return result
    }

    /// A product in GF(2¹⁶) as GF(2⁸)[y]/(y²+y+m), m = {3A}; the higher byte is the coefficient of y.
    static func multiply(_ a: UInt16, _ b: UInt16) -> UInt16 {
        let (r, s) = (UInt8(a >> 8), UInt8(truncatingIfNeeded: a))
        let (u, v) = (UInt8(b >> 8), UInt8(truncatingIfNeeded: b))
        let sv = multiply(s, v)
        let high = multiply(r ^ s, u ^ v) ^ sv
        let low = multiply(multiply(r, u), 0x3A) ^ sv
        return UInt16(high) << 8 | UInt16(low)
    }

    /// The inverse in GF(2¹⁶). 0 for 0.
    static func invert(_ a: UInt16) -> UInt16 {
        let (u, v) = (UInt8(a >> 8), UInt8(truncatingIfNeeded: a))
        let d = invert(multiply(u ^ v, v) ^ multiply(0x3A, multiply(u, u)))
        return UInt16(multiply(u, d)) << 8 | UInt16(multiply(u ^ v, d))
    }
}
