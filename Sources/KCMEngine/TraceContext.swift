internal import KCMCrypto

/// W3C Trace Context: correlates the audit records of Edge and Core.
public struct TraceContext: Sendable, Hashable {
    /// 32 lower-case hex digits.
    public let traceID: String
    /// Of the parent; written out only where a request goes on to Core.
    private let parent: UInt64

    /// 16 lower-case hex digits.
    public var parentID: String { Self.hexadecimal((parent, 0), count: 8) }

    /// A new trace.
    public static func make() -> TraceContext {
        // Identifiers, not secrets: where the generator fails, a clock-based value still tells requests apart.
        var words = (UInt64(bitPattern: WallClock.now), UInt64(bitPattern: MonotonicClock.now), UInt64(bitPattern: WallClock.now))
        withUnsafeMutableBytes(of: &words) { try? Random.fill($0) }
        return TraceContext(traceID: hexadecimal((words.0, words.1), count: 16), parent: words.2)
    }

    /// The trace of a `traceparent` header; a new one where it is absent or malformed.
    public static func continuing(_ header: String?) -> TraceContext {
        guard let header, header.utf8.count == 55, header.hasPrefix("00-") else { return make() }
        let parts = header.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[1].utf8.count == 32, parts[2].utf8.count == 16,
            (parts[1] + parts[2]).utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) }),
            parts[1].utf8.contains(where: { $0 != 48 })
        else { return make() }
        return TraceContext(traceID: String(parts[1]), parent: make().parent)
    }

    /// The header's value.
    public var traceparent: String { "00-\(traceID)-\(parentID)-01" }

    /// The first `count` bytes of the words as they lie in memory.
    private static func hexadecimal(_ words: (UInt64, UInt64), count: Int) -> String {
        withUnsafeBytes(of: words) { bytes in
            String(unsafeUninitializedCapacity: 2 * count) { digits in
                for index in 0..<count {
                    digits[2 * index] = Hexadecimal.digit(bytes[index] >> 4)
                    digits[2 * index + 1] = Hexadecimal.digit(bytes[index] & 15)
                }
                return 2 * count
            }
        }
    }
}
