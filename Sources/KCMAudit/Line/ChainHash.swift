internal import KCMCrypto

/// The SHA-256 of a line, its newline included; `sed -n 5p LOG | sha256sum` shows the same.
struct ChainHash: Sendable, Equatable {
    private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    /// What the first line of the first file names as its predecessor.
    static let zero = ChainHash()

    private init() {}

    init(of line: UnsafeRawBufferPointer) {
        withUnsafeMutableBytes(of: &words) { SHA256.hash(line, into: $0) }
    }

    /// Reads 64 lower-case hex digits.
    init?(digits: UnsafeRawBufferPointer) {
        guard digits.count == 64 else { return nil }
        for index in 0..<32 {
            guard let high = Self.value(digits[2 * index]), let low = Self.value(digits[2 * index + 1]) else { return nil }
            withUnsafeMutableBytes(of: &words) { $0[index] = high << 4 | low }
        }
    }

    func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R { Swift.withUnsafeBytes(of: words, body) }

    /// 64 lower-case hex digits.
    var text: String { withUnsafeBytes { Hexadecimal.text($0) } }

    static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case 0x30...0x39: digit - 0x30
        case 0x61...0x66: digit - 0x57
        default: nil
        }
    }

    static func == (lhs: ChainHash, rhs: ChainHash) -> Bool { lhs.words == rhs.words }
}
