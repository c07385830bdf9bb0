/// Bytes that look random and follow from their seed: what is read can be told whole from torn.
enum Noise {
    static func bytes(_ count: Int, seed: UInt64) -> [UInt8] {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 0x1234_5678_9ABC_DEF1
        return (0..<count).map { _ in
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return UInt8(truncatingIfNeeded: state >> 24)
        }
    }

    /// A value that names its number in the first eight bytes; the rest follows from it.
    static func value(_ number: UInt64, size: Int) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * UInt64($0))) } + bytes(max(size - 8, 0), seed: number)
    }

    /// The number of such a value, or `nil` where it is not whole.
    static func number(of value: [UInt8]) -> UInt64? {
        guard value.count >= 8 else { return nil }
        let number = value.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return Noise.value(number, size: value.count) == value ? number : nil
    }
}
